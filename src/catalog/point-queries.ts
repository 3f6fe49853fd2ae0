import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import { CLOCK_TOLERANCE_MS } from '../core/doubtful-times.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { toBackup } from './backup-rows.ts';
import type { Schema } from './schema.ts';

/** Questions about what is in storage, of which each reads no more rows than it answers with. */
export interface PointQueries {
  /** The restore points begun last, at most `limit`: of all servers, or of one and of those that were deleted. */
  newestPoints(limit: number, serverId?: number): Promise<BackupRecord[]>;
  /** What is remembered to be in storage, in any place, under these ids. */
  ofObjects(objectIds: readonly string[]): Promise<BackupRecord[]>;
  /** What storage holds and was begun, as it says, later than `now`: of one server, or of all. */
  ahead(now: Date, serverId?: number): Promise<BackupRecord[]>;
}

/** As `started_at` is written; later times lie ahead of `now`. */
export const latestPlausible = (now: Date) => new Date(now.getTime() + CLOCK_TOLERANCE_MS).toISOString();

/** SQLite takes 32,766 values in one statement. */
const AT_ONCE = 1000;

/**
 * Good, and in storage as far as is remembered. The value stands in the statement itself: only then does SQLite see that
 * the index of restore points holds all that is asked for.
 */
export function isPoint<O>(
  query: SelectQueryBuilder<Schema, 'backup_log', O>,
): SelectQueryBuilder<Schema, 'backup_log', O> {
  return query.where('success', '=', sql.lit('1')).where('removed_at', 'is', null).where('given_up_at', 'is', null);
}

export function pointQueries(db: Kysely<Schema>): PointQueries {
  const log = () => db.selectFrom('backup_log').selectAll();
  return {
    newestPoints: async (limit, serverId) => {
      const good = isPoint(log()).orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit);
      const parts =
        serverId === undefined ? [good] : [good.where('server_id', '=', serverId), good.where('server_id', 'is', null)];
      const rows = (await Promise.all(parts.map((part) => part.execute()))).flat();
      return rows
        .map((row) => toBackup(row))
        .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId)
        .slice(0, limit);
    },
    ofObjects: async (objectIds) => {
      const found: BackupRecord[] = [];
      for (let i = 0; i < objectIds.length; i += AT_ONCE) {
        const rows = log().where('object_id', 'in', objectIds.slice(i, i + AT_ONCE));
        const held = rows.where('removed_at', 'is', null).where('given_up_at', 'is', null);
        found.push(...(await held.execute()).map((row) => toBackup(row)));
      }
      return found;
    },
    ahead: async (now, serverId) => {
      const all = isPoint(log()).where('started_at', '>', latestPlausible(now));
      const ofServer = serverId === undefined ? all : all.where('server_id', '=', serverId);
      return (await ofServer.orderBy('started_at').execute()).map((row) => toBackup(row));
    },
  };
}
