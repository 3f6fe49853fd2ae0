import { statSync } from 'node:fs';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { ConfigError } from '../core/errors.ts';
import { preparingOnce, type Sqlite } from '../system/sqlite.ts';

/** Which file a path leads to. */
export interface FileIdentity {
  dev: number;
  ino: number;
}

export function identityOf(path: string): FileIdentity | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : { dev: stats.dev, ino: stats.ino };
}

export interface Guard {
  /** Puts SQLite's errors into words. */
  explain: (error: unknown) => unknown;
  /** Throws where the file is not the catalogue any more: what is written to it would be lost. */
  check: () => void;
}

/**
 * An open database for Kysely: the one place that every query of the catalogue goes through. What SQLite cannot do,
 * busy for too long or with a full disk, becomes a sentence, and nothing counts as written that went to a file which is
 * not at the catalogue's path any more.
 */
export function guarded(database: Sqlite, { explain, check }: Guard): SqliteDatabase {
  const once = preparingOnce(database);
  const known = new Map<string, SqliteStatement>();
  const explained = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw explain(error);
    }
  };
  const prepare = (sql: string): SqliteStatement => {
    // A transaction that begins by reading could not wait for another writer later.
    const text = sql === 'begin' ? 'begin immediate' : sql;
    const statement = once.prepare(text);
    const writes = !statement.readonly || text === 'commit';
    const ask = <Result>(work: () => Result): Result =>
      explained(() => {
        if (!writes) return work();
        check();
        const result = work();
        check();
        return result;
      });
    return {
      reader: statement.reader,
      all: (parameters) => ask(() => statement.all(...parameters)),
      run: (parameters) => {
        // A full disk has ended the transaction already, and its own words are the ones to be heard.
        if (text === 'rollback' && !database.inTransaction) return { changes: 0, lastInsertRowid: 0 };
        return ask(() => statement.run(...parameters));
      },
      iterate: (parameters) => ask(() => statement.iterate(...parameters)),
    };
  };
  return {
    prepare: (sql) => {
      const statement = known.get(sql) ?? explained(() => prepare(sql));
      known.set(sql, statement);
      return statement;
    },
    close: () => once.close(),
  };
}

/** The check that a path still leads to the file which was opened there. */
export function sameFile(path: string, opened: FileIdentity | undefined): () => void {
  return () => {
    const now = identityOf(path);
    if (now !== undefined && now.ino === opened?.ino && now.dev === opened.dev) return;
    throw new ConfigError(
      `the catalogue ${path} was ${now === undefined ? 'deleted' : 'replaced by another file'} while pgbak ran`,
      'Put it back, from a copy perhaps.',
    );
  };
}
