import { statSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { openSqlite, type Sqlite } from '../system/sqlite.ts';

/** How long to wait for another process that writes. */
export const BUSY_TIMEOUT_MS = 15_000;

/** What a catalogue file is before anything is done to it. */
export type FileKind = { kind: 'new' } | { kind: 'earlier' } | { kind: 'current'; schema: number };

/**
 * Looks at a file without changing a byte of it: through a read-only connection, since the last writing one to close
 * would fold a write-ahead log into the file. Throws a `ConfigError` for a SQLite file that is no catalogue.
 */
export function fileKind(path: string): FileKind {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) {
    throw new ConfigError(`the catalogue ${path} is a directory`, 'Set DB_PATH to a file in it.');
  }
  if (stats === undefined || stats.size === 0) return { kind: 'new' };
  const database = openSqlite(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    return databaseKind(database, path);
  } finally {
    database.close();
  }
}

/** What an open database is, by its tables and their columns. */
export function databaseKind(database: Sqlite, path: string): FileKind {
  const tables = names(database, "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'");
  if (tables.length === 0) return { kind: 'new' };
  if (tables.includes('pgbak_meta')) {
    const [schema] = names(database, "select value from pgbak_meta where name = 'schema'");
    return { kind: 'current', schema: Number(schema) };
  }
  const columnsOf = (table: string) => names(database, 'select name from pragma_table_info(?)', table);
  if (isEarlier(columnsOf('servers'), columnsOf('backup_log'))) return { kind: 'earlier' };
  throw new ConfigError(
    `${path} is a SQLite file, but no catalogue of pgbak: it holds ${tables.slice(0, 5).join(', ')}`,
    'Set DB_PATH to the catalogue; nothing was changed.',
  );
}

/** The earlier program's tables have no mark of their own, so they are known by their columns. */
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
