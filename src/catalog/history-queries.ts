import { setImmediate } from 'node:timers/promises';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Schema } from './schema.ts';

/** How many entries there are. */
export interface HistoryCount {
  attempts: number;
  verifications: number;
}

/** Entries from before `before` of one server, or of all. */
export interface HistoryChoice {
  before: Date;
  serverId: number | undefined;
}

export interface HistoryQueries {
  /** How much `trim` would remove. */
  trimmable(choice: HistoryChoice): Promise<HistoryCount>;
  /**
   * Removes entries that nothing needs any more. What stays, however old: attempts whose archive is in storage, or may be;
   * the last attempts of each server, by which `status` judges; its last good and its last failed one of each format and
   * compression, which sizes are compared with; its last verifications and the last of each backup.
   * It works in parts, so that a signal is heard in between; what was removed until then stays removed.
   *
   * @throws the signal's reason
   */
  trim(choice: HistoryChoice, signal: AbortSignal): Promise<HistoryCount>;
  /** Gives the room of removed entries back to the disk. Meanwhile it takes as much again as the catalogue. */
  compact(): Promise<void>;
}

/** `list` shows so many of each server, and a few more do not matter. */
const LAST_OF_EACH = 20;
/** Deleted in one statement: some ten milliseconds of work. */
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
    compact: async () => {
      await sql`vacuum`.execute(db);
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
    },
  };
}

/** A time that is no text is unreadable, and as a number it would come before all others. */
function isOld(column: 'finished_at' | 'verified_at', { before, serverId }: HistoryChoice): RawBuilder<unknown> {
  const isOfServer = serverId === undefined ? sql`` : sql`and server_id = ${serverId}`;
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

/** The last of each kind that `status` and `prune` look for. */
function lastVerifications(by: RawBuilder<unknown>): RawBuilder<unknown> {
  const last = sql`select max(id) from verification_log`;
  return sql`${last} group by ${by}
    union ${last} where level <> 'remote' group by ${by}
    union ${last} where level <> 'remote' and success = '1' group by ${by}`;
}
