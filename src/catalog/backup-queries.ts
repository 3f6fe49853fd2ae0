import type { Kysely, Selectable } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/sqlite';
import type { BackupRecord, BackupResult } from '../config/backup-record.ts';
import { FORMATS, type Format } from '../config/server.ts';
import type { BackupLogTable, Schema } from './schema.ts';
import { stringList } from './server-rows.ts';
import { toCompact } from './timestamps.ts';

export interface StartedBackup {
  serverId: number;
  startedAt: Date;
  format: Format;
  compression: string;
  objectName: string;
}

export interface FinishedBackup {
  finishedAt: Date;
  /** When the run began that made it: due times count from there. */
  runStartedAt: Date;
  sizeBytes: number;
  rawSizeBytes: number;
  place: string;
  objectId: string;
  sha1: string;
  warnings: readonly string[];
}

export interface FailedBackup {
  finishedAt: Date;
  /** Why, secrets hidden. */
  error: string;
  warnings: readonly string[];
}

/** What a list of servers shows of their backups. */
export type RecentBackup = Pick<BackupRecord, 'result' | 'sizeBytes' | 'warnings'>;

export interface BackupQueries {
  /** Notes that an attempt has begun, and returns its id. */
  start(backup: StartedBackup): Promise<number>;
  /** Records a success, in the log and with the server, or neither. */
  finish(backupId: number, backup: FinishedBackup): Promise<void>;
  /** Records a failure, likewise. */
  fail(backupId: number, backup: FailedBackup): Promise<void>;
  /** The newest good backup of a server that is comparable in size. */
  lastGood(serverId: number, format: Format, compression: string): Promise<BackupRecord | undefined>;
  /** Newest first. */
  list(filter: { serverId?: number; failedOnly?: boolean; goodOnly?: boolean; limit: number }): Promise<BackupRecord[]>;
  find(backupId: number): Promise<BackupRecord | undefined>;
  /** The newest attempts, at most `perServer` of each, newest first, by the server's id. */
  recent(perServer: number): Promise<Map<number, RecentBackup[]>>;
  /** Attempts that never ended. To the holder of the run lock these are what a killed run left. */
  interrupted(): Promise<BackupRecord[]>;
}

export function backupQueries(db: Kysely<Schema>): BackupQueries {
  const log = () => db.selectFrom('backup_log').selectAll();
  return {
    start: async ({ serverId, startedAt, format, compression, objectName }) => {
      const server = db.selectFrom('servers').select('name').where('id', '=', serverId);
      const { name } = await server.executeTakeFirstOrThrow();
      const { id } = await db
        .insertInto('backup_log')
        .values({
          server_id: serverId,
          server_name: name,
          ts: toCompact(startedAt),
          result: 'Running',
          success: '0',
          started_at: startedAt.toISOString(),
          format,
          compression,
          object_name: objectName,
          warnings: '[]',
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    finish: (backupId, backup) =>
      db.transaction().execute(async (trx) => {
        const ts = toCompact(backup.finishedAt);
        const row = await trx
          .updateTable('backup_log')
          .set({
            ts,
            result: 'Success',
            success: '1',
            finished_at: backup.finishedAt.toISOString(),
            file_size: backup.sizeBytes,
            raw_size: backup.rawSizeBytes,
            place: backup.place,
            object_id: backup.objectId,
            sha1: backup.sha1,
            warnings: JSON.stringify(backup.warnings),
          })
          .where('id', '=', backupId)
          .returning('server_id')
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('servers')
          .set({ last_backup: ts, last_backup_result: 'Success', last_success_run: backup.runStartedAt.toISOString() })
          .where('id', '=', row.server_id)
          .execute();
      }),
    fail: (backupId, backup) =>
      db.transaction().execute(async (trx) => {
        const ts = toCompact(backup.finishedAt);
        const row = await trx
          .updateTable('backup_log')
          .set({
            ts,
            result: backup.error,
            success: '0',
            finished_at: backup.finishedAt.toISOString(),
            warnings: JSON.stringify(backup.warnings),
          })
          .where('id', '=', backupId)
          .returning('server_id')
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('servers')
          .set({ last_backup: ts, last_backup_result: 'Failed' })
          .where('id', '=', row.server_id)
          .execute();
      }),
    lastGood: async (serverId, format, compression) => {
      const row = await log()
        .where('success', '=', '1')
        .where('server_id', '=', serverId)
        .where('format', '=', format)
        .where('compression', '=', compression)
        .orderBy('id', 'desc')
        .executeTakeFirst();
      return row === undefined ? undefined : toBackup(row);
    },
    list: async ({ serverId, failedOnly, goodOnly, limit }) => {
      let query = log().orderBy('id', 'desc').limit(limit);
      if (serverId !== undefined) query = query.where('server_id', '=', serverId);
      if (failedOnly === true) query = query.where('success', '=', '0').where('finished_at', 'is not', null);
      if (goodOnly === true) query = query.where('success', '=', '1');
      return (await query.execute()).map((row) => toBackup(row));
    },
    find: async (backupId) => {
      const row = await log().where('id', '=', backupId).executeTakeFirst();
      return row === undefined ? undefined : toBackup(row);
    },
    recent: async (perServer) => {
      // In one statement, which finds each server's newest rows through the index; a window function over all of them, or
      // a statement for each server, took longer than all the rest of `list`.
      const servers = await db
        .selectFrom('servers')
        .select((eb) => [
          'servers.id',
          jsonArrayFrom(
            eb
              .selectFrom('backup_log')
              .select(['finished_at', 'success', 'file_size', 'warnings'])
              .whereRef('backup_log.server_id', '=', 'servers.id')
              .orderBy('backup_log.id', 'desc')
              .limit(perServer),
          ).as('attempts'),
        ])
        .execute();
      return new Map(servers.map(({ id, attempts }) => [id, parseRows(attempts).map((row) => toRecent(row))]));
    },
    interrupted: async () =>
      (await log().where('finished_at', 'is', null).orderBy('id').execute()).map((row) => toBackup(row)),
  };
}

type RecentRow = Pick<Selectable<BackupLogTable>, 'finished_at' | 'success' | 'file_size' | 'warnings'>;

/** SQLite gives the inner rows as JSON text. */
function parseRows(rows: RecentRow[] | string): RecentRow[] {
  if (typeof rows !== 'string') return rows;
  const parsed: RecentRow[] = JSON.parse(rows);
  return parsed;
}

function toRecent(row: RecentRow): RecentBackup {
  return {
    result: resultOf(row),
    ...given('sizeBytes', row.file_size),
    warnings: row.warnings === '[]' ? [] : stringList(row.warnings),
  };
}

function resultOf(row: Pick<RecentRow, 'finished_at' | 'success'>): BackupResult {
  if (row.finished_at === null) return 'running';
  return row.success === '1' ? 'success' : 'failed';
}

function toBackup(row: Selectable<BackupLogTable>): BackupRecord {
  const format = FORMATS.find((known) => known === row.format);
  const result = resultOf(row);
  return {
    backupId: row.id,
    ...given('serverId', row.server_id),
    serverName: row.server_name,
    startedAt: new Date(row.started_at),
    ...(row.finished_at === null ? {} : { finishedAt: new Date(row.finished_at) }),
    result,
    ...given('sizeBytes', row.file_size),
    ...given('rawSizeBytes', row.raw_size),
    ...(format === undefined ? {} : { format }),
    ...given('compression', row.compression),
    ...given('place', row.place),
    ...given('objectName', row.object_name),
    ...given('objectId', row.object_id),
    ...given('sha1', row.sha1),
    warnings: stringList(row.warnings),
    ...(result === 'failed' ? { error: row.result } : {}),
  };
}

function given<Name extends string, Value>(name: Name, value: Value | null): { [Key in Name]?: Value } {
  const fields: { [Key in Name]?: Value } = {};
  if (value !== null) fields[name] = value;
  return fields;
}
