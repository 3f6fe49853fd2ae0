import { sql, type Kysely } from 'kysely';
import { earlierLogEntry, earlierServer, type EarlierRow } from './earlier-rows.ts';
import type { Schema } from './schema.ts';

/** How much was adopted from a file of the earlier program. */
export interface Adopted {
  servers: number;
  backups: number;
}

/** Rows in one statement: SQLite takes 32,766 parameters. */
const ROWS_AT_ONCE = 500;

/**
 * Turns the tables of the earlier program into today's, within the caller's transaction. Keeps ids and every value that still
 * has a meaning, and gives each server the time of its last good backup from the history.
 */
export async function adoptEarlier(db: Kysely<Schema>, createTables: () => Promise<void>): Promise<Adopted> {
  const hasLog = await tableExists(db, 'backup_log');
  const lastId = await lastServerId(db);
  await sql`alter table servers rename to earlier_servers`.execute(db);
  if (hasLog) await sql`alter table backup_log rename to earlier_backup_log`.execute(db);
  await createTables();

  const servers = await rowsOf(db, 'earlier_servers', 'id');
  const log = hasLog ? await rowsOf(db, 'earlier_backup_log', 'ts') : [];
  const lastGood = lastGoodBackups(log);
  const names = new Map<number, string>();
  for (const row of servers) {
    const adopted = earlierServer(row, new Set(names.values()), lastGood.get(Number(row['id'])));
    names.set(adopted.id, adopted.name);
    await db.insertInto('servers').values(adopted).execute();
  }
  // Never reuse an id: logs and scripts may still name the old server by it.
  await sql`delete from sqlite_sequence where name = 'servers'`.execute(db);
  await sql`insert into sqlite_sequence (name, seq) values ('servers', ${lastId})`.execute(db);
  for (let first = 0; first < log.length; first += ROWS_AT_ONCE) {
    const entries = log.slice(first, first + ROWS_AT_ONCE).map((row) => earlierLogEntry(row, names));
    await db.insertInto('backup_log').values(entries).execute();
  }

  if (hasLog) await sql`drop table earlier_backup_log`.execute(db);
  await sql`drop table earlier_servers`.execute(db);
  return { servers: servers.length, backups: log.length };
}

/** The highest id ever given, even to a server that was deleted. */
async function lastServerId(db: Kysely<Schema>): Promise<number> {
  const highest = sql<{ id: number | null }>`select max(id) as id from servers`;
  const given = sql<{ id: number | null }>`select max(seq) as id from sqlite_sequence where name = 'servers'`;
  const queries = (await tableExists(db, 'sqlite_sequence')) ? [highest, given] : [highest];
  const answers = await Promise.all(queries.map(async (query) => (await query.execute(db)).rows[0]?.id ?? 0));
  return Math.max(...answers);
}

async function tableExists(db: Kysely<Schema>, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
  return rows.length > 0;
}

async function rowsOf(db: Kysely<Schema>, table: string, order: string): Promise<EarlierRow[]> {
  const query = sql<EarlierRow>`select * from ${sql.table(table)} order by ${sql.ref(order)}, rowid`;
  return (await query.execute(db)).rows;
}

/** The time of each server's newest success. The log is sorted by the text of the time, which sorts like the time. */
function lastGoodBackups(log: readonly EarlierRow[]): Map<number, string> {
  const newest = new Map<number, string>();
  for (const row of log) {
    if (String(row['success']) === '1') newest.set(Number(row['server_id']), String(row['ts']));
  }
  return newest;
}
