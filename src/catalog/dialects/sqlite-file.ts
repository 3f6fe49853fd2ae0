import { chmodSync, lstatSync, statSync } from 'node:fs';
import { ConfigError } from '../../core/errors.ts';
import { openSqlite, type Sqlite } from '../../system/sqlite.ts';

/** For another process that writes. */
export const BUSY_TIMEOUT_MS = 15_000;

/** What a catalogue file is before pgbak changes it. */
export type FileKind =
  { kind: 'absent' } | { kind: 'empty' } | { kind: 'earlier' } | { kind: 'current'; schema: number };

/** Only `add` and its like may create a catalogue: else an unmounted disk or a wrong variable would never be noticed. */
export function absentCatalog(path: string): ConfigError {
  return new ConfigError(
    `there is no catalogue at ${path}`,
    'To begin, add a server: pgbak add. If there should be a catalogue: is its disk mounted, and is DB_PATH right?',
  );
}

/**
 * Looks at a file without changing a byte of it. The connection is read-only: a writing one folds the write-ahead log into the
 * file when it closes last. Throws a `ConfigError` for a SQLite file that is no catalogue.
 */
export function kindOfFile(path: string): FileKind {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { kind: 'absent' };
  if (stats.isDirectory()) {
    throw new ConfigError(`the catalogue ${path} is a directory`, 'Set DB_PATH to a file in it.');
  }
  if (!stats.isFile()) throw new ConfigError(`the catalogue ${path} is not a regular file`, 'Set DB_PATH to a file.');
  if (stats.size === 0) return { kind: 'empty' };
  const database = openSqlite(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return kindOfDatabase(database, path);
  } finally {
    database.close();
  }
}

/** What an open database is, judged by its tables and their columns. */
export function kindOfDatabase(database: Sqlite, path: string): FileKind {
  const tables = names(database, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'");
  if (tables.length === 0) {
    refuseForeignCode(database, path);
    return { kind: 'empty' };
  }
  if (tables.includes('pgbak_meta')) {
    refuseForeignCode(database, path);
    const [text] = names(database, "select value from pgbak_meta where name = 'schema'");
    const schema = Number(text);
    if (!Number.isSafeInteger(schema) || schema < 1) {
      throw new ConfigError(
        `the catalogue ${path} is damaged: its schema number is missing`,
        'Put a copy in its place. Nothing was changed.',
      );
    }
    return { kind: 'current', schema };
  }
  const columnsOf = (table: string) => names(database, 'select name from pragma_table_info(?)', table);
  if (isEarlier(columnsOf('servers'), columnsOf('backup_log'))) {
    // It is about to be adopted, which writes to these very tables.
    refuseForeignCode(database, path);
    return { kind: 'earlier' };
  }
  throw new ConfigError(
    `${path} is a SQLite file, but not a catalogue of pgbak: it holds ${tables.slice(0, 5).join(', ')}`,
    'Set DB_PATH to the catalogue. Nothing was changed.',
  );
}

/**
 * Throws for anything but tables and indices. A catalogue may come from a storage that others can write to: triggers and views
 * would run their statements, and a computed column would not say what was stored.
 */
function refuseForeignCode(database: Sqlite, path: string): void {
  const ofForeignKind = `select case type when 'table' then 'virtual table' else type end || ' ' || name from sqlite_master
     where type in ('trigger', 'view') or (type = 'table' and sql like 'create virtual%')`;
  const computed = `select 'computed column ' || m.name || '.' || c.name
     from sqlite_master as m, pragma_table_xinfo(m.name) as c where m.type = 'table' and c.hidden <> 0`;
  // Columns come second: to list those of a virtual table, SQLite runs its module.
  const found = names(database, ofForeignKind)[0] ?? names(database, computed)[0];
  if (found === undefined) return;
  throw new ConfigError(
    `the catalogue ${path} holds something that pgbak never makes: the ${printable(found)}`,
    'Do not use it: it may be an attack. Put another copy in its place. Nothing was changed.',
  );
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 80)).slice(1, -1);
}

/** Recognizes the earlier program's tables by their columns; they have no mark. */
function isEarlier(servers: readonly string[], log: readonly string[]): boolean {
  const isServers = servers.includes('id') && servers.includes('archive_name');
  const connects = servers.includes('connection_string') || servers.includes('database');
  return isServers && connects && (log.length === 0 || (log.includes('server_id') && log.includes('ts')));
}

function names(database: Sqlite, query: string, ...parameters: string[]): string[] {
  const rows: unknown[] = database
    .prepare(query)
    .pluck()
    .all(...parameters);
  return rows.map(String);
}

/** What SQLite keeps beside a catalogue while it is open, and leaves there when its process is killed. */
const SUFFIXES = ['-wal', '-shm', '-journal'];

/**
 * Makes the files that SQLite left beside a catalogue usable again. SQLite gives them the catalogue's mode of that time; where
 * that forbade writing, it now reports the catalogue itself as read-only.
 *
 * @throws ConfigError for a file that this user cannot mend, or that is no file
 */
export function mendSideFiles(path: string): void {
  for (const file of SUFFIXES.map((suffix) => path + suffix)) {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    if (!stats.isFile()) {
      throw new ConfigError(
        `${file}, which SQLite keeps beside the catalogue, is not a regular file`,
        `Remove it: rm ${file}`,
      );
    }
    const user = process.geteuid?.();
    // Root may write a file of any mode, and SQLite then gives it to the catalogue's owner.
    if (user === undefined || user === 0) continue;
    if (stats.uid === user) {
      if ((stats.mode & 0o600) !== 0o600) chmodSync(file, statSync(path).mode & 0o777);
    } else if ((stats.mode & 0o006) !== 0o006 && !groupMayWrite(stats)) {
      throw new ConfigError(
        `the file ${file} of the catalogue belongs to another user (uid ${stats.uid})`,
        `While no pgbak runs, give it to the catalogue's owner: sudo chown ${user} ${file}`,
      );
    }
  }
}

function groupMayWrite({ gid, mode }: { gid: number; mode: number }): boolean {
  return (mode & 0o060) === 0o060 && [process.getegid?.(), ...(process.getgroups?.() ?? [])].includes(gid);
}
