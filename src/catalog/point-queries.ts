import { sql, type Kysely, type SelectQueryBuilder } from 'kysely';
import { SIGNED_NOTE } from '../core/checksum-note.ts';
import { CLOCK_TOLERANCE_MS } from '../core/doubtful-times.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { toBackup } from './backup-rows.ts';
import type { Schema } from './schema.ts';

/** What storage should hold, as far as the catalogue knows. Each query but `inStorage` reads only the rows that it returns. */
export interface PointQueries {
  /**
   * The backups of a server, or of all parts of a cluster, that storage should hold, newest first. Includes those that were found bad, and good ones of the
   * earlier program, which did not record where they are.
   */
  inStorage(serverId: number): Promise<BackupRecord[]>;
  /** The same, with every further copy as a record of its own. */
  archives(serverId: number): Promise<BackupRecord[]>;
  /** The restore points begun last, at most `limit`: of all servers, or of some servers and of deleted ones. */
  newestPoints(limit: number, serverIds?: readonly number[]): Promise<BackupRecord[]>;
  /** The restore point of a server that was begun first. */
  oldestPoint(serverId: number): Promise<BackupRecord | undefined>;
  /** The archives with these object ids, in any place. */
  ofObjects(objectIds: readonly string[]): Promise<BackupRecord[]>;
  /** How many restore points of a server have a signed checksum that no password has judged yet: they are encrypted. */
  countSigned(serverId: number): Promise<number>;
  /** Restore points whose begin lies after `now`, of one server or of all: a clock was wrong. */
  ahead(now: Date, serverId?: number): Promise<BackupRecord[]>;
}

/** The latest believable `started_at`: later ones were written by a wrong clock. */
export const latestPlausible = (now: Date) => new Date(now.getTime() + CLOCK_TOLERANCE_MS).toISOString();

/** SQLite takes 32,766 values in one statement. */
export const AT_ONCE = 1000;

type LogQuery<O> = SelectQueryBuilder<Schema, 'backup_log', O>;

/** The ids of a server and, where it is a cluster, of its parts. */
export function idsOf(db: Kysely<Schema>, id: number) {
  return db
    .selectFrom('servers as one')
    .select('one.id')
    .where((eb) => eb.or([eb('one.id', '=', id), eb('one.cluster_id', '=', id)]));
}

/** Neither removed from storage nor given up. */
export function isHeld<O>(query: LogQuery<O>): LogQuery<O> {
  return query.where('removed_at', 'is', null).where('given_up_at', 'is', null);
}

/** Attempts, without the further copies of their archives. */
export function isAttempt<O>(query: LogQuery<O>): LogQuery<O> {
  return query.where('copy_of', 'is', null);
}

/** Restore points: good, and held by storage. A literal, so that the database can use its partial index. */
export function isPoint<O>(query: LogQuery<O>): LogQuery<O> {
  return isAttempt(isHeld(query.where('success', '=', sql.lit('1'))));
}

export function pointQueries(db: Kysely<Schema>): PointQueries {
  const log = () => db.selectFrom('backup_log').selectAll();
  const stored = (serverId: number) => {
    const all = log().where('server_id', 'in', idsOf(db, serverId));
    const held = isHeld(all.where((eb) => eb.or([eb('object_id', 'is not', null), eb('success', '=', sql.lit('1'))])));
    return held.where('finished_at', 'is not', null).orderBy('started_at', 'desc').orderBy('id', 'desc');
  };
  return {
    inStorage: async (serverId) => (await isAttempt(stored(serverId)).execute()).map((row) => toBackup(row)),
    archives: async (serverId) => (await stored(serverId).execute()).map((row) => toBackup(row)),
    newestPoints: async (limit, serverIds) => {
      const good = isPoint(log()).orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit);
      const parts =
        serverIds === undefined
          ? [good]
          : [...serverIds.map((id) => good.where('server_id', '=', id)), good.where('server_id', 'is', null)];
      const rows = (await Promise.all(parts.map((part) => part.execute()))).flat();
      return rows
        .map((row) => toBackup(row))
        .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId)
        .slice(0, limit);
    },
    oldestPoint: async (serverId) => {
      const good = isPoint(log()).where('server_id', '=', serverId).orderBy('started_at').orderBy('id').limit(1);
      const row = await good.executeTakeFirst();
      return row === undefined ? undefined : toBackup(row);
    },
    ofObjects: async (objectIds) => {
      const found: BackupRecord[] = [];
      for (let i = 0; i < objectIds.length; i += AT_ONCE) {
        const rows = log().where('object_id', 'in', objectIds.slice(i, i + AT_ONCE));
        found.push(...(await isHeld(rows).execute()).map((row) => toBackup(row)));
      }
      return found;
    },
    countSigned: async (serverId) => {
      const ofServer = isPoint(log()).where('server_id', '=', serverId).where('sum_note', 'like', SIGNED_NOTE);
      const { count } = await ofServer
        .clearSelect()
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    ahead: async (now, serverId) => {
      const all = isPoint(log()).where('started_at', '>', latestPlausible(now));
      const ofServer = serverId === undefined ? all : all.where('server_id', '=', serverId);
      return (await ofServer.orderBy('started_at').execute()).map((row) => toBackup(row));
    },
  };
}
