import { sql, type Kysely, type Updateable } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/sqlite';
import type { BackupRecord } from '../core/backup-record.ts';
import type { Format } from '../core/archive-format.ts';
import { parseRows, toBackup, toRecent, type RecentBackup } from './backup-rows.ts';
import { copyQueries, type CopyQueries } from './copy-queries.ts';
import { newestQueries, type NewestQueries } from './newest-queries.ts';
import { isAttempt, isPoint, latestPlausible, pointQueries, type PointQueries } from './point-queries.ts';
import { removalQueries, type RemovalQueries } from './removal-queries.ts';
import type { Schema, ServersTable } from './schema.ts';
import { storedBackupQueries, type StoredBackupQueries } from './stored-backup.ts';
import { toCompact } from './row-reader.ts';

interface StartedBackup {
  serverId: number;
  startedAt: Date;
  format: Format;
  compression: string;
  objectName: string;
}

interface FinishedBackup {
  finishedAt: Date;
  /** When the run that made it began: due times count from there. */
  runStartedAt: Date;
  warnings: readonly string[];
}

interface FailedBackup {
  finishedAt: Date;
  /** Why, secrets hidden. */
  error: string;
  warnings: readonly string[];
  /** Its archive was found in storage and is a backup of its own now, so that the server needs no other at once. */
  isAdopted?: boolean;
}

export interface BackupQueries extends StoredBackupQueries, RemovalQueries, PointQueries, NewestQueries, CopyQueries {
  /** Records that an attempt has begun; returns its id. */
  start(backup: StartedBackup): Promise<number>;
  /** Records a success, in the log and with the server, or neither. */
  finish(backupId: number, backup: FinishedBackup): Promise<void>;
  /** Records a failure, in the log and with the server, or neither. */
  fail(backupId: number, backup: FailedBackup): Promise<void>;
  /** Removes an attempt of which nothing is stored, as if it had never begun. */
  removeAttempt(backupId: number): Promise<void>;
  /** Replaces the warnings of an attempt that has ended. */
  setWarnings(backupId: number, warnings: readonly string[]): Promise<void>;
  /** Corrects the time at which a backup was begun. */
  retime(backupId: number, startedAt: Date): Promise<void>;
  find(backupId: number): Promise<BackupRecord | undefined>;
  /**
   * Attempts, the last recorded first. `goodOnly` leaves out good ones that were removed. `isByTime` sorts them by their begin,
   * as `until` does, which leaves out those begun later. A rebuild records them in another order, and so does a clock set back.
   */
  list(filter: {
    serverIds?: readonly number[];
    failedOnly?: boolean;
    goodOnly?: boolean;
    until?: Date;
    /** Only those recorded before this one. */
    beforeId?: number;
    isByTime?: boolean;
    limit: number;
  }): Promise<BackupRecord[]>;
  /** The newest attempts, at most `perServer` of each server, newest first, by the server's id. */
  recent(perServer: number): Promise<Map<number, RecentBackup[]>>;
  /**
   * The newest good backup of a server that is comparable in size. One whose time lies after `now` counts only where there is no
   * other.
   */
  lastGood(serverId: number, format: Format, compression: string, now: Date): Promise<BackupRecord | undefined>;
  /** Attempts that never ended. For the holder of the run lock, these are what killed runs left. */
  interrupted(): Promise<BackupRecord[]>;
}

export function backupQueries(db: Kysely<Schema>): BackupQueries {
  const log = () => db.selectFrom('backup_log').selectAll();
  return {
    ...storedBackupQueries(db),
    ...removalQueries(db),
    ...pointQueries(db),
    ...newestQueries(db),
    ...copyQueries(db),
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
      end(db, backupId, backup, {
        success: '1',
        result: 'Success',
        server: { last_backup_result: 'Success', last_success_run: backup.runStartedAt.toISOString() },
      }),
    fail: (backupId, { isAdopted = false, ...backup }) =>
      end(db, backupId, backup, {
        success: '0',
        result: backup.error,
        server: { last_backup_result: isAdopted ? 'Success' : 'Failed' },
      }),
    removeAttempt: async (backupId) => {
      await db.deleteFrom('backup_log').where('id', '=', backupId).where('object_id', 'is', null).execute();
    },
    setWarnings: async (backupId, warnings) => {
      const update = db.updateTable('backup_log').set({ warnings: JSON.stringify(warnings) });
      await update.where('id', '=', backupId).execute();
    },
    lastGood: async (serverId, format, compression, now) => {
      const comparable = isAttempt(log())
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
    list: async ({ serverIds, failedOnly, goodOnly, until, beforeId, isByTime, limit }) => {
      let query = isAttempt(log()).limit(limit);
      query =
        until === undefined && isByTime !== true
          ? query.orderBy('id', 'desc')
          : query.orderBy('started_at', 'desc').orderBy('id', 'desc');
      if (serverIds !== undefined) query = query.where('server_id', 'in', serverIds);
      if (failedOnly === true) query = query.where('success', '=', sql.lit('0')).where('finished_at', 'is not', null);
      if (goodOnly === true) query = isPoint(query);
      if (beforeId !== undefined) query = query.where('id', '<', beforeId);
      if (until !== undefined) query = query.where('started_at', '<=', until.toISOString());
      return (await query.execute()).map((row) => toBackup(row));
    },
    retime: async (backupId, startedAt) => {
      const update = db.updateTable('backup_log').set({ started_at: startedAt.toISOString() });
      await update.where((eb) => eb.or([eb('id', '=', backupId), eb('copy_of', '=', backupId)])).execute();
    },
    find: async (backupId) => {
      const row = await log().where('id', '=', backupId).executeTakeFirst();
      return row === undefined ? undefined : toBackup(row);
    },
    recent: async (perServer) => {
      // One statement that finds each server's newest rows by the index: a window function over all rows, or a statement for
      // each server, took longer than the rest of `list`.
      const servers = await db
        .selectFrom('servers')
        .select((eb) => [
          'servers.id',
          jsonArrayFrom(
            eb
              .selectFrom('backup_log')
              .select((row) => [
                // SQLite's JSON cannot hold bytes: without a cast one damaged row would hide all others.
                row.cast<string | null>('finished_at', 'text').as('finished_at'),
                row.cast<string>('success', 'text').as('success'),
                row.cast<number | null>('file_size', 'integer').as('file_size'),
                row.cast<string>('warnings', 'text').as('warnings'),
              ])
              .whereRef('backup_log.server_id', '=', 'servers.id')
              .where('backup_log.copy_of', 'is', null)
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

/** Ends an attempt in the log and with its server. */
async function end(
  db: Kysely<Schema>,
  backupId: number,
  { finishedAt, warnings }: { finishedAt: Date; warnings: readonly string[] },
  { server, ...outcome }: { success: '0' | '1'; result: string; server: Updateable<ServersTable> },
): Promise<void> {
  const ts = toCompact(finishedAt);
  await db.transaction().execute(async (trx) => {
    const row = await trx
      .updateTable('backup_log')
      .set({ ...outcome, ts, finished_at: finishedAt.toISOString(), warnings: JSON.stringify(warnings) })
      .where('id', '=', backupId)
      .returning('server_id')
      .executeTakeFirstOrThrow();
    // A copy is as good as the archive that it is a copy of.
    await trx
      .updateTable('backup_log')
      .set(outcome)
      .where('copy_of', '=', backupId)
      .where('object_id', 'is not', null)
      .execute();
    await trx
      .updateTable('servers')
      .set({ ...server, last_backup: ts })
      .where('id', '=', row.server_id)
      .execute();
  });
}
