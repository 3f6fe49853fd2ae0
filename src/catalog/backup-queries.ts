import { sql, type Kysely } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/sqlite';
import type { BackupRecord } from '../core/backup-record.ts';
import type { Format } from '../core/dump-format.ts';
import { parseRows, toBackup, toRecent, type RecentBackup } from './backup-rows.ts';
import { isPoint, latestPlausible, pointQueries, type PointQueries } from './point-queries.ts';
import type { Schema } from './schema.ts';
import { storedBackupQueries, type StoredBackupQueries } from './stored-backup.ts';
import { toCompact } from './row-reader.ts';

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
  warnings: readonly string[];
}

export interface FailedBackup {
  finishedAt: Date;
  /** Why, secrets hidden. */
  error: string;
  warnings: readonly string[];
}

export interface BackupQueries extends StoredBackupQueries, PointQueries {
  /** Notes that an attempt has begun, and returns its id. */
  start(backup: StartedBackup): Promise<number>;
  /** Records a success, in the log and with the server, or neither. */
  finish(backupId: number, backup: FinishedBackup): Promise<void>;
  /** Records a failure, likewise. */
  fail(backupId: number, backup: FailedBackup): Promise<void>;
  /** Warnings that came up after its end, in place of those that it ended with. */
  setWarnings(backupId: number, warnings: readonly string[]): Promise<void>;
  /** Notes that the object of these is about to be removed from storage, or that it was not, after all. */
  noteRemoving(backupIds: readonly number[], at: Date | undefined): Promise<void>;
  /** Notes that the object of these was removed from storage. */
  noteRemoved(backupIds: readonly number[], removedAt: Date): Promise<void>;
  /** Those that may be removed or not. */
  removing(): Promise<BackupRecord[]>;
  /** The ids of all whose object that is, as far as it was not removed. */
  sharing(place: string, objectId: string): Promise<number[]>;
  /**
   * What is in storage as far as is remembered, of one server or of all, newest first: also what was found wanting, and
   * the good ones of the earlier program, which did not note where they are.
   */
  inStorage(serverId?: number): Promise<BackupRecord[]>;
  /** The newest good backup of a server that is comparable in size. */
  /** One that was made, as it says, later than `now` only where there is no other. */
  lastGood(serverId: number, format: Format, compression: string, now: Date): Promise<BackupRecord | undefined>;
  /**
   * Newest first; of the good ones those that were not removed. `until`: only what was begun by then, the last begun
   * first.
   */
  list(filter: {
    serverId?: number;
    failedOnly?: boolean;
    goodOnly?: boolean;
    until?: Date;
    limit: number;
  }): Promise<BackupRecord[]>;
  /** Gives a backup another time at which it was begun. */
  retime(backupId: number, startedAt: Date): Promise<void>;
  find(backupId: number): Promise<BackupRecord | undefined>;
  /** The newest attempts, at most `perServer` of each, newest first, by the server's id. */
  recent(perServer: number): Promise<Map<number, RecentBackup[]>>;
  /** Attempts that never ended. To the holder of the run lock these are what a killed run left. */
  interrupted(): Promise<BackupRecord[]>;
}

export function backupQueries(db: Kysely<Schema>): BackupQueries {
  const log = () => db.selectFrom('backup_log').selectAll();
  return {
    ...storedBackupQueries(db),
    ...pointQueries(db),
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
    setWarnings: async (backupId, warnings) => {
      const update = db.updateTable('backup_log').set({ warnings: JSON.stringify(warnings) });
      await update.where('id', '=', backupId).execute();
    },
    noteRemoving: async (backupIds, at) => {
      const update = db.updateTable('backup_log').set({ removing_at: at?.toISOString() ?? null });
      await update.where('id', 'in', backupIds).execute();
    },
    noteRemoved: async (backupIds, removedAt) => {
      const update = db.updateTable('backup_log').set({ removed_at: removedAt.toISOString(), removing_at: null });
      await update.where('id', 'in', backupIds).execute();
    },
    removing: async () => {
      const rows = log().where('removing_at', 'is not', null).where('removed_at', 'is', null);
      return (await rows.orderBy('id').execute()).map((row) => toBackup(row));
    },
    sharing: async (place, objectId) => {
      const rows = db.selectFrom('backup_log').select('id').where('object_id', '=', objectId);
      const held = rows.where('place', '=', place).where('removed_at', 'is', null).where('given_up_at', 'is', null);
      return (await held.execute()).map(({ id }) => id);
    },
    inStorage: async (serverId) => {
      const all = log();
      const rows = await (serverId === undefined ? all : all.where('server_id', '=', serverId))
        .where((eb) => eb.or([eb('object_id', 'is not', null), eb('success', '=', sql.lit('1'))]))
        .where('removed_at', 'is', null)
        .where('given_up_at', 'is', null)
        .where('finished_at', 'is not', null)
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return rows.map((row) => toBackup(row));
    },
    lastGood: async (serverId, format, compression, now) => {
      const comparable = log()
        .where('success', '=', sql.lit('1'))
        .where('server_id', '=', serverId)
        .where('format', '=', format)
        .where('compression', '=', compression)
        .orderBy('id', 'desc')
        .limit(1);
      const dated = comparable.where('started_at', '<=', latestPlausible(now));
      const row = (await dated.executeTakeFirst()) ?? (await comparable.executeTakeFirst());
      return row === undefined ? undefined : toBackup(row);
    },
    list: async ({ serverId, failedOnly, goodOnly, until, limit }) => {
      let query = log().limit(limit);
      query =
        until === undefined ? query.orderBy('id', 'desc') : query.orderBy('started_at', 'desc').orderBy('id', 'desc');
      if (serverId !== undefined) query = query.where('server_id', '=', serverId);
      if (failedOnly === true) query = query.where('success', '=', sql.lit('0')).where('finished_at', 'is not', null);
      if (goodOnly === true) query = isPoint(query);
      if (until !== undefined) query = query.where('started_at', '<=', until.toISOString());
      return (await query.execute()).map((row) => toBackup(row));
    },
    retime: async (backupId, startedAt) => {
      const update = db.updateTable('backup_log').set({ started_at: startedAt.toISOString() });
      await update.where('id', '=', backupId).execute();
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
              .select((row) => [
                // JSON of SQLite's holds no bytes, of which one bad row would keep all others from being seen.
                row.cast<string | null>('finished_at', 'text').as('finished_at'),
                row.cast<string>('success', 'text').as('success'),
                row.cast<number | null>('file_size', 'integer').as('file_size'),
                row.cast<string>('warnings', 'text').as('warnings'),
              ])
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
