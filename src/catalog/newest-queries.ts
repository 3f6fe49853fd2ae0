import { sql, type Kysely } from 'kysely';
import type { BackupRecord } from '../core/backup-record.ts';
import { toBackup } from './backup-rows.ts';
import { isAttempt, isPoint } from './point-queries.ts';
import type { Schema } from './schema.ts';

/** The newest entries of many servers, each by one statement that finds them by an index. */
export interface NewestQueries {
  /** The attempts that were recorded last, at most `perServer` of each server, newest first, by the server's id. */
  newestOfEach(serverIds: readonly number[], perServer: number): Promise<Map<number, BackupRecord[]>>;
  /** The restore point that was begun last, and not after `latest`, by the server's id. */
  lastGoodOfEach(serverIds: readonly number[], latest: Date): Promise<Map<number, BackupRecord>>;
}

export function newestQueries(db: Kysely<Schema>): NewestQueries {
  const ofServer = () =>
    isAttempt(
      db
        .selectFrom('backup_log')
        .select('id')
        .where('server_id', '=', sql<number>`servers.id`),
    );
  const found = async (serverIds: readonly number[], ids: ReturnType<typeof ofServer>) => {
    const rows = await db
      .selectFrom('servers')
      .innerJoin('backup_log as newest', (join) => join.on('newest.id', 'in', ids))
      .selectAll('newest')
      .where('servers.id', 'in', serverIds)
      .orderBy('newest.id', 'desc')
      .execute();
    return rows.map((row) => toBackup(row));
  };
  return {
    newestOfEach: async (serverIds, perServer) => {
      const newest = new Map<number, BackupRecord[]>(serverIds.map((id) => [id, []]));
      const attempts = await found(serverIds, ofServer().orderBy('id', 'desc').limit(perServer));
      for (const backup of attempts) newest.get(backup.serverId ?? 0)?.push(backup);
      return newest;
    },
    lastGoodOfEach: async (serverIds, latest) => {
      const good = isPoint(ofServer()).where('started_at', '<=', latest.toISOString());
      const last = await found(serverIds, good.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(1));
      return new Map(last.map((backup) => [backup.serverId ?? 0, backup]));
    },
  };
}
