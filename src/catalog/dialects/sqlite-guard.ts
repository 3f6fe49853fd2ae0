import { statSync } from 'node:fs';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { ConfigError } from '../../core/errors.ts';
import type { Sqlite } from '../../system/sqlite.ts';

/** Identifies the file that a path leads to. */
interface FileIdentity {
  dev: number;
  ino: number;
}

export function identityOf(path: string): FileIdentity | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : { dev: stats.dev, ino: stats.ino };
}

/**
 * An open database for Kysely, which every query of the catalogue goes through. Prepares each text once. A write fails, rather
 * than count as written, when the catalogue's path has come to lead to another file.
 *
 * @param explain puts SQLite's errors (too long busy, disk full) into words
 * @param refuseOther throws when the path leads to another file
 */
export function guardDatabase(
  database: Sqlite,
  explain: (error: unknown) => unknown,
  refuseOther: () => void,
): SqliteDatabase {
  const known = new Map<string, SqliteStatement>();
  const explained = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw explain(error);
    }
  };
  const prepare = (sql: string): SqliteStatement => {
    // A transaction that begins with a read cannot wait for another writer later.
    const text = sql === 'begin' ? 'begin immediate' : sql;
    const statement = database.prepare(text);
    const writes = !statement.readonly || text === 'commit';
    const ask = <Result>(work: () => Result): Result =>
      explained(() => {
        if (!writes) return work();
        refuseOther();
        const result = work();
        refuseOther();
        return result;
      });
    return {
      reader: statement.reader,
      all: (parameters) => ask(() => statement.all(...parameters)),
      run: (parameters) => {
        // A full disk has already ended the transaction: report that error, not the failing rollback.
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
    close: () => void database.close(),
  };
}

/** Makes the check that a path still leads to the file which was opened there. */
export function refuseOtherFile(path: string, opened: FileIdentity | undefined): () => void {
  return () => {
    const now = identityOf(path);
    if (now !== undefined && now.ino === opened?.ino && now.dev === opened.dev) return;
    throw new ConfigError(
      `the catalogue ${path} was ${now === undefined ? 'deleted' : 'replaced by another file'} while pgbak ran`,
      'Put it back, or put a copy in its place.',
    );
  };
}
