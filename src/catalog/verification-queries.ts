import { sql, type Kysely, type Selectable } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/sqlite';
import { LEVELS, type Level, type VerificationRecord } from '../core/backup-record.ts';
import { grouped } from '../core/group-by.ts';
import { parseRows } from './backup-rows.ts';
import { AT_ONCE } from './point-queries.ts';
import { isoTime, rowReader } from './row-reader.ts';
import type { Schema, VerificationLogTable } from './schema.ts';

/** The latest verifications of a server's backups. */
export interface RecentVerification {
  /** The newest that read a whole backup, whether it found it good or bad. */
  lastThorough: VerificationRecord | undefined;
  /** The newest that read a whole backup and found it good. */
  lastGood: VerificationRecord | undefined;
}

/** What verifications say of an archive today. */
export interface Verdict {
  /** The one that found it bad, unless a later one took that back: only one that reads the whole archive takes back another such. */
  foundBad?: VerificationRecord;
  /** How thoroughly the whole archive was read when it was last found good. */
  provenAt?: Level;
}

export interface VerificationQueries {
  record(verification: VerificationRecord): Promise<void>;
  /** Verifications that read a whole backup of one server which storage should hold; newest first. */
  thoroughOfStored(serverId: number): Promise<VerificationRecord[]>;
  /** By the ids of rows of the log; none for what was never verified. */
  verdictsOf(rowIds: readonly number[]): Promise<Map<number, Verdict>>;
  /** Those of these objects of a place that a verification found bad, also those that were removed since. */
  everBad(place: string, objectIds: readonly string[]): Promise<Set<string>>;
  /** By the server's id. */
  recent(): Promise<Map<number, RecentVerification>>;
}

export function verificationQueries(db: Kysely<Schema>): VerificationQueries {
  return {
    record: async ({ backupId, verifiedAt, level, isGood, message }) => {
      await db
        .insertInto('verification_log')
        .values((eb) => ({
          backup_id: backupId,
          server_id: eb.selectFrom('backup_log').select('server_id').where('id', '=', backupId),
          verified_at: verifiedAt.toISOString(),
          level,
          success: isGood ? '1' : '0',
          message,
        }))
        .execute();
    },
    thoroughOfStored: async (serverId) => {
      const log = db
        .selectFrom('backup_log')
        .innerJoin('verification_log', 'verification_log.backup_id', 'backup_log.id')
        .select([
          'verification_log.backup_id',
          'verification_log.verified_at',
          'verification_log.level',
          'verification_log.success',
          'verification_log.message',
        ])
        .where('backup_log.server_id', '=', serverId)
        .where((eb) => eb.or([eb('object_id', 'is not', null), eb('backup_log.success', '=', sql.lit('1'))]))
        .where('removed_at', 'is', null)
        .where('given_up_at', 'is', null)
        .where('level', '<>', sql.lit('remote'));
      return (await log.orderBy('verification_log.id', 'desc').execute()).map((row) => toVerification(row));
    },
    verdictsOf: (rowIds) => verdictsOf(db, rowIds),
    everBad: async (place, objectIds) => {
      const rows = await db
        .selectFrom('backup_log')
        .innerJoin('verification_log', 'verification_log.backup_id', 'backup_log.id')
        .select('object_id')
        .where('place', '=', place)
        .where('object_id', 'in', objectIds)
        .where('verification_log.success', '=', sql.lit('0'))
        .execute();
      return new Set(rows.flatMap(({ object_id: id }) => id ?? []));
    },
    recent: async () => {
      const servers = await db
        .selectFrom('servers')
        .select((outer) => {
          const newest = outer
            .selectFrom('verification_log')
            .select((row) => [
              'backup_id',
              // SQLite's JSON cannot hold bytes: without a cast one damaged row would hide all others.
              row.cast<string>('verified_at', 'text').as('verified_at'),
              row.cast<string>('level', 'text').as('level'),
              row.cast<string>('success', 'text').as('success'),
              row.cast<string>('message', 'text').as('message'),
            ])
            .whereRef('verification_log.server_id', '=', 'servers.id')
            .orderBy('verification_log.id', 'desc')
            .limit(1);
          const thorough = newest.where('level', '<>', sql.lit('remote'));
          return [
            'servers.id',
            jsonArrayFrom(thorough).as('last_thorough'),
            jsonArrayFrom(thorough.where('success', '=', '1')).as('last_good'),
          ];
        })
        .execute();
      return new Map(
        servers.map((server) => [
          server.id,
          {
            lastThorough: onlyOne(server.last_thorough),
            lastGood: onlyOne(server.last_good),
          },
        ]),
      );
    },
  };
}

type Row = Pick<Selectable<VerificationLogTable>, 'backup_id' | 'verified_at' | 'level' | 'success' | 'message'>;

function onlyOne(rows: Row[] | string): VerificationRecord | undefined {
  return parseRows(rows).map((row) => toVerification(row))[0];
}

function toVerification(row: Row): VerificationRecord {
  const read = rowReader({ ...row });
  return {
    backupId: row.backup_id,
    verifiedAt: read.time('verified_at', isoTime) ?? new Date(0),
    level: LEVELS.find((level) => level === row.level) ?? 'remote',
    isGood: row.success === '1',
    message: read.text('message', 'what was seen cannot be read'),
  };
}

async function verdictsOf(db: Kysely<Schema>, rowIds: readonly number[]): Promise<Map<number, Verdict>> {
  const records: VerificationRecord[] = [];
  for (let i = 0; i < rowIds.length; i += AT_ONCE) {
    const rows = await db
      .selectFrom('verification_log')
      .select(['backup_id', 'verified_at', 'level', 'success', 'message'])
      .where('backup_id', 'in', rowIds.slice(i, i + AT_ONCE))
      .orderBy('id', 'desc')
      .execute();
    records.push(...rows.map((row) => toVerification(row)));
  }
  return new Map([...grouped(records, ({ backupId }) => backupId)].map(([id, newest]) => [id, verdictIn(newest)]));
}

/** @param records of one archive, newest first */
function verdictIn(records: readonly VerificationRecord[]): Verdict {
  const [last] = records;
  const thorough = records.find(({ level }) => level !== 'remote');
  const foundBad = [thorough, last].find((one) => one?.isGood === false);
  if (foundBad !== undefined) return { foundBad };
  return thorough === undefined ? {} : { provenAt: thorough.level };
}

/** Whether an archive counts as bad: see `Verdict`. */
export async function isFoundBad(db: Kysely<Schema>, rowId: number): Promise<boolean> {
  return (await verdictsOf(db, [rowId])).get(rowId)?.foundBad !== undefined;
}

/** Whether the last verification that read the whole backup found it bad. */
export async function wasFoundBad(db: Kysely<Schema>, backupId: number): Promise<boolean> {
  const verdicts = db.selectFrom('verification_log').select('success').where('backup_id', '=', backupId);
  const newest = verdicts.where('level', '<>', 'remote').orderBy('id', 'desc').limit(1);
  return (await newest.executeTakeFirst())?.success === '0';
}
