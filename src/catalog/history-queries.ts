import { setImmediate } from 'node:timers/promises';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Schema } from './schema.ts';

export interface HistoryCount {
  attempts: number;
  verifications: number;
}

/** Entries of some servers, or of all, from before `before`. */
interface HistoryChoice {
  before: Date;
  serverIds: readonly number[] | undefined;
}

export interface HistoryQueries {
  /** How many entries `trim` would remove. */
  trimmable(choice: HistoryChoice): Promise<HistoryCount>;
  /**
   * Removes entries that nothing needs any more. However old, these stay: attempts whose archive storage holds or may hold; the
   * last attempts of each server, by which `status` judges; its last good and last failed attempt of each format and compression,
   * with which sizes are compared; its last verifications and the last ones of each backup.
   * Works in batches and looks at the signal between them. An abort undoes nothing.
   *
   * @throws the signal's reason
   */
  trim(choice: HistoryChoice, signal: AbortSignal): Promise<HistoryCount>;
}

/** More attempts of each server than `list` shows. */
const LAST_OF_EACH = 20;
/** Rows deleted by one statement: some ten milliseconds of work. */
const AT_ONCE = 5000;

export function historyQueries(db: Kysely<Schema>): HistoryQueries {
  const count = async (table: RawBuilder<unknown>) => {
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${table}`.execute(db);
    return rows[0]?.count ?? 0;
  };
  return {
    trimmable: async (choice) => ({
      attempts: await count(sql`(${attempts(choice)})`),
      verifications: await count(sql`(${verifications(choice)})`),
    }),
    trim: async (choice, signal) => {
      const trimmed = { attempts: 0, verifications: 0 };
      for (const [name, ids] of [
        ['verifications', verifications(choice)],
        ['attempts', attempts(choice)],
      ] as const) {
        const table = sql.table(name === 'attempts' ? 'backup_log' : 'verification_log');
        await sql`drop table if exists temp.trimmable`.execute(db);
        await sql`create temp table trimmable (id integer primary key)`.execute(db);
        await sql`insert into temp.trimmable ${ids}`.execute(db);
        for (let left = await count(sql`temp.trimmable`); left > 0; left -= AT_ONCE) {
          await setImmediate();
          signal.throwIfAborted();
          const some = sql`select id from temp.trimmable order by id limit ${AT_ONCE}`;
          const { numAffectedRows } = await sql`delete from ${table} where id in (${some})`.execute(db);
          await sql`delete from temp.trimmable where id in (${some})`.execute(db);
          trimmed[name] += Number(numAffectedRows ?? 0);
        }
        await sql`drop table temp.trimmable`.execute(db);
      }
      return trimmed;
    },
  };
}

/** `>= '0'` leaves out times that are no text: as numbers they would sort before all others. */
function isOld(column: 'finished_at' | 'verified_at', { before, serverIds }: HistoryChoice): RawBuilder<unknown> {
  const isOfServer = serverIds === undefined ? sql`` : sql`and server_id in (${sql.join(serverIds)})`;
  return sql`${sql.ref(column)} >= '0' and ${sql.ref(column)} < ${before.toISOString()} ${isOfServer}`;
}

function attempts(choice: HistoryChoice): RawBuilder<unknown> {
  const old = isOld('finished_at', choice);
  return sql`select id from backup_log where ${old}
    and (removed_at is not null or (success = '0' and object_id is null and unsettled = 0 and removing_at is null))
    and id not in (
      select l.id from servers as s join backup_log as l on l.id in (
        select id from backup_log where server_id = s.id order by id desc limit ${LAST_OF_EACH})
      union
      select max(id) from backup_log where ${old} and server_id is not null
        group by server_id, success, format, compression
      union
      select backup_id from verification_log where id in (${lastVerifications(sql`server_id`)}))`;
}

function verifications(choice: HistoryChoice): RawBuilder<unknown> {
  return sql`select id from verification_log where ${isOld('verified_at', choice)}
    and id not in (${lastVerifications(sql`server_id`)} union ${lastVerifications(sql`backup_id`)})`;
}

/** The last verification of each kind that `status` and `prune` look for. */
function lastVerifications(by: RawBuilder<unknown>): RawBuilder<unknown> {
  const last = sql`select max(id) from verification_log`;
  return sql`${last} group by ${by}
    union ${last} where level <> 'remote' group by ${by}
    union ${last} where level <> 'remote' and success = '1' group by ${by}`;
}
