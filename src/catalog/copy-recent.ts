import { openSqlite, type Sqlite } from '../system/sqlite.ts';
import { migrate } from './migrate.ts';
import { catalogError } from './dialects/sqlite-errors.ts';

/** Restore points in the copy, of all servers together. */
const MOST_POINTS = 10_000;
/** Restore points of each server that are in the copy in any case. Only these bring their row counts, which are long. */
const POINTS_OF_EACH = 20;
/** The last attempts, good or failed, and the last verifications in the copy. */
const LAST_ATTEMPTS = 1000;

/**
 * Copies the part of the catalogue at `path` that is needed after the loss of the machine into an empty file: the servers,
 * their newest restore points, and the last attempts. The copy is made after each run, so it must not grow with a history of
 * years. A rebuild brings back older archives.
 */
export async function copyRecent(path: string, target: string): Promise<void> {
  try {
    const copy = openSqlite(target);
    try {
      // No journal: a copy that is cut off is thrown away as a whole.
      copy.exec('pragma journal_mode = memory; pragma synchronous = off');
      await migrate(copy, target, () => {});
      copy.exec('pragma foreign_keys = off');
      copy.prepare('attach ? as source').run(path);
      copy.exec('begin');
      choose(copy);
      copy.exec('delete from main.pgbak_meta');
      for (const table of tablesOf(copy)) copyTable(copy, table);
      copy.exec(`delete from main.pgbak_meta where name = 'run';
        delete from main.sqlite_sequence;
        insert into main.sqlite_sequence (name, seq) select name, seq from source.sqlite_sequence`);
      copy.exec('commit');
      copy.exec('detach source');
    } finally {
      copy.close();
    }
  } catch (error) {
    throw catalogError(path, error);
  }
}

function choose(copy: Sqlite): void {
  const isPoint = "success = '1' and removed_at is null and given_up_at is null and copy_of is null";
  copy.exec(`
    create temp table closest (id integer primary key);
    insert into closest select l.id from source.servers as s join source.backup_log as l on l.id in (
      select id from source.backup_log where server_id = s.id and ${isPoint}
      order by started_at desc, id desc limit ${POINTS_OF_EACH});
    create temp table chosen (id integer primary key);
    insert into chosen
      select id from closest
      union select id from (select id from source.backup_log where ${isPoint} order by started_at desc limit ${MOST_POINTS})
      union select id from (select id from source.backup_log order by id desc limit ${LAST_ATTEMPTS})
      union select id from source.backup_log where removing_at is not null and removed_at is null
      union select id from source.backup_log where unsettled = 1;
    insert or ignore into chosen select id from source.backup_log where copy_of in (select id from chosen);
    insert or ignore into chosen select copy_of from source.backup_log where id in (select id from chosen) and copy_of is not null;`);
}

function tablesOf(copy: Sqlite): string[] {
  const query = "select name from main.sqlite_master where type = 'table' and name not like 'sqlite_%'";
  return copy.prepare<[], string>(query).pluck().all();
}

/** Which rows of a table are copied; all rows of other tables. */
const CONDITIONS: Readonly<Record<string, string>> = {
  backup_log: 'where id in (select id from temp.chosen)',
  part_sums: 'where backup_id in (select id from temp.chosen)',
  row_counts: 'where backup_id in (select id from temp.closest)',
  database_facts:
    'where id in (select facts_id from source.backup_log as l where l.id in (select id from temp.chosen))',
  verification_log: `where id in (select id from (select id, backup_id from source.verification_log
    order by id desc limit ${LAST_ATTEMPTS}) where backup_id in (select id from temp.chosen))
    or id in (select (select id from source.verification_log where backup_id = c.id and level <> 'remote'
      order by id desc limit 1) from temp.closest as c)`,
};

function copyTable(copy: Sqlite, table: string): void {
  const columns = copy.prepare<[string], string>('select name from pragma_table_info(?)').pluck().all(table);
  const list = columns.map((name) => `"${name}"`).join(', ');
  copy.exec(`insert into main."${table}" (${list}) select ${list} from source."${table}" ${CONDITIONS[table] ?? ''}`);
}
