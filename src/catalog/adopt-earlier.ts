import { sql, type Kysely } from 'kysely';
import { earlierLogEntry, earlierServer, type EarlierRow } from './earlier-rows.ts';
import type { Schema } from './schema.ts';

/** How much a file of the earlier program brought with it. */
export interface Adopted {
  servers: number;
  backups: number;
}

/** Rows a statement: SQLite takes 32,766 parameters. */
const ROWS_AT_ONCE = 500;

/**
 * Turns the tables of the earlier program into today's, within the caller's transaction: ids stay, every value that
 * still means something is kept, and the history gives each server the time of its last good backup.
 */
export async function adoptEarlier(db: Kysely<Schema>, createTables: () => Promise<void>): Promise<Adopted> {
  const hasLog = await tableExists(db, 'backup_log');
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
  for (let first = 0; first < log.length; first += ROWS_AT_ONCE) {
    const entries = log.slice(first, first + ROWS_AT_ONCE).map((row) => earlierLogEntry(row, names));
    await db.insertInto('backup_log').values(entries).execute();
  }

  if (hasLog) await sql`drop table earlier_backup_log`.execute(db);
  await sql`drop table earlier_servers`.execute(db);
  return { servers: servers.length, backups: log.length };
}

async function tableExists(db: Kysely<Schema>, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
  return rows.length > 0;
}

async function rowsOf(db: Kysely<Schema>, table: string, order: string): Promise<EarlierRow[]> {
  const query = sql<EarlierRow>`select * from ${sql.table(table)} order by ${sql.ref(order)}, rowid`;
  return (await query.execute(db)).rows;
}

/** The newest success of each server in the log, by the text of its time, which sorts as the time does. */
function lastGoodBackups(log: readonly EarlierRow[]): Map<number, string> {
  const newest = new Map<number, string>();
  for (const row of log) {
    if (String(row['success']) === '1') newest.set(Number(row['server_id']), String(row['ts']));
  }
  return newest;
}
