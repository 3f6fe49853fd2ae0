import { openSqlite } from '../../src/system/sqlite.ts';

export interface LargeCatalog {
  /** How many servers there are in the end; those that were there before stay as they are. */
  servers: number;
  /** How many attempts are added, an hour apart for each server, the last of them an hour ago. */
  rows: number;
  /** Where all of the archives are said to be. */
  place: string;
}

/** Of every second server, which has rules, all but so many archives were removed again. */
const KEPT = 100;
/** One attempt of so many failed. */
const FAILED = 500;

/**
 * Fills a catalogue that holds one server with what years of backups leave there, by SQL alone. Returns the ids of the
 * archives that are stored for the servers with rules, which are few enough to be made.
 */
export function fillCatalog(path: string, { servers, rows, place }: LargeCatalog): string[] {
  const database = openSqlite(path);
  try {
    database.exec('pragma synchronous = off; begin');
    const server = database.prepare('select * from servers').get() as Record<string, unknown>;
    const columns = Object.keys(server).map((name) => `"${name}"`);
    const addServer = database.prepare(
      `insert into servers (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    );
    for (let id = 2; id <= servers; id += 1) {
      const rule = id % 2 === 0 ? KEPT : null;
      addServer.run(
        ...Object.values({ ...server, id, name: `server ${id}`, archive_name: `server-${id}`, keep_last: rule }),
      );
    }
    const each = Math.floor(rows / servers);
    database
      .prepare(
        `with recursive n (n) as (select 0 union all select n + 1 from n where n + 1 < ${each} * ${servers}),
        attempts as (select n / ${servers} as turn, n % ${servers} + 1 as server,
          strftime('%Y-%m-%dT%H:%M:%fZ', unixepoch() - (${each} - n / ${servers}) * 3600 + n % ${servers}, 'unixepoch') as at,
          n % ${FAILED} = 7 as failed from n)
        insert into backup_log (server_id, server_name, ts, result, success, started_at, finished_at, file_size, raw_size,
          format, compression, place, object_name, object_id, sha1, roles, encoding, removed_at)
        select server, 'server ' || server, strftime('%Y%m%dT%H%M%S', at), iif(failed, 'the server was away', 'Success'),
          iif(failed, '0', '1'), at, at, iif(failed, null, 1000000 + turn), iif(failed, null, 9000000 + turn), 'sql',
          'lzma2:1', iif(failed, null, @place), 'server-' || server || '.sql.7z',
          iif(failed, null, 'server-' || server || '.' || strftime('%Y%m%dT%H%M%SZ', at) || '.sql.7z'),
          iif(failed, null, printf('%040x', turn)), '["app","reporting","postgres"]', 'UTF8',
          iif(not failed and server % 2 = 0 and turn < ${each} - ${KEPT}, at, null) from attempts`,
      )
      .run({ place });
    database.exec(`insert into verification_log (backup_id, server_id, verified_at, level, success, message)
      select id, server_id, finished_at, iif(id % 3 = 0, 'archive', 'remote'), '1', 'good' from backup_log
      where success = '1' and id % 20 = 0`);
    database.exec(`insert into row_counts (backup_id, counts) select id,
      (with recursive t (t) as (select 0 union all select t + 1 from t where t < 50)
       select json_group_object('public.table_' || t, t * 1000) from t) from backup_log where success = '1' and id % 20 = 0`);
    database.exec(
      "update servers set last_backup_result = 'Success', last_success_run = strftime('%Y-%m-%dT%H:%M:%fZ', unixepoch() - 3600, 'unixepoch')",
    );
    database.exec('commit');
    const stored = database.prepare<[], string>(
      'select object_id from backup_log where object_id is not null and removed_at is null and server_id % 2 = 0',
    );
    return stored.pluck().all();
  } finally {
    database.close();
  }
}
