import { existsSync } from 'node:fs';
import { openSqlite } from '../system/sqlite.ts';

/** A restore point as completion shows it. */
export interface GlancedPoint {
  backupId: number;
  serverName: string;
  startedAt: Date;
  sizeBytes: number | undefined;
}

export interface Glance {
  serverNames: () => string[];
  destinationNames: () => string[];
  /** The newest restore points of the servers with these names or ids, or of all. */
  points: (servers: readonly string[]) => GlancedPoint[];
  close: () => void;
}

const MOST_POINTS = 30;
/** The Tab key must answer at once. */
const BUSY_TIMEOUT_MS = 200;

/**
 * Looks into the catalogue for completion: takes no lock of a run, makes, migrates and checks nothing, and loads no query builder.
 * Undefined where there is no catalogue. Throws where it cannot be read.
 */
export function glanceAt(path: string): Glance | undefined {
  if (!existsSync(path)) return undefined;
  // Opened for reading alone, it would leave the files of the write-ahead log behind.
  const database = openSqlite(path, { timeout: BUSY_TIMEOUT_MS });
  database.exec('pragma query_only = on');
  const rows = (sql: string, ...values: unknown[]): unknown[] => database.prepare(sql).all(...values);
  const namesIn = (table: 'servers' | 'destinations') =>
    rows(`select name from ${table} order by id`).map((row) => String(Object(row).name));
  return {
    serverNames: () => namesIn('servers'),
    destinationNames: () => namesIn('destinations'),
    points: (servers) => {
      const good =
        "success = '1' and removed_at is null and given_up_at is null and object_id is not null and copy_of is null";
      const named = servers.map(() => '?').join(', ');
      const ids = `select id from servers where name in (${named}) or cast(id as text) in (${named})`;
      const chosen = `(server_id in (${ids}) or server_id in (select id from servers where cluster_id in (${ids})))`;
      const where = servers.length === 0 ? good : `${good} and ${chosen}`;
      const sql = `select id, server_name, started_at, file_size from backup_log where ${where} order by started_at desc limit ${MOST_POINTS}`;
      return rows(sql, ...servers, ...servers, ...servers, ...servers).map((row) => {
        const { id, server_name: name, started_at: startedAt, file_size: size } = Object(row);
        return {
          backupId: Number(id),
          serverName: String(name),
          startedAt: new Date(String(startedAt)),
          sizeBytes: typeof size === 'number' ? size : undefined,
        };
      });
    },
    close: () => void database.close(),
  };
}
