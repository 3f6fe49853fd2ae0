import { findBackup } from '../catalog/find-server.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { CLOCK_TOLERANCE_MS, DOUBTFUL_TIMES_HINT, doubtfulTimes, isAhead } from '../core/doubtful-times.ts';
import { ConfigError } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';

/** A stored backup whose record holds enough to fetch it. */
export type RestorePoint = BackupRecord & Required<Pick<BackupRecord, 'place' | 'objectId' | 'objectName' | 'format'>>;

/**
 * Finds the restore point of a server for `at`: `latest`, a time, or a backup's id. An id may also name a failed backup
 * that was stored, which may be the only one left. Throws a `ConfigError` where there is none.
 */
export async function findPoint(
  server: ServerRecord,
  at: string,
  { catalog, clock, report }: Pick<Context, 'catalog' | 'clock' | 'report'>,
): Promise<RestorePoint> {
  if (!/^\d+$/.test(at)) {
    const now = clock.now();
    const good = await candidates(catalog, server.id, at, now);
    const point = choosePoint(good, at, now);
    const passedOver = doubtfulTimes(good, now);
    if (passedOver !== undefined) {
      report({ type: 'note', server: server.name, message: `passed over for --at ${at}: ${passedOver}` });
    }
    return point;
  }
  const backup = await findBackup(catalog, Number(at), String(server.id));
  if (backup.removedAt !== undefined) {
    throw new ConfigError(
      `backup ${at} was removed from storage at ${backup.removedAt.toISOString()}`,
      'See what there is: pgbak backups',
    );
  }
  if (backup.result !== 'success' && backup.objectId === undefined) {
    throw new ConfigError(`backup ${at} failed, and nothing of it was stored`, 'See what there is: pgbak backups');
  }
  return asRestorePoint(backup);
}

/** The good backups of a server that `at` may mean, and those of a doubtful time, out of a log of a million entries. */
async function candidates(
  { backups }: Context['catalog'],
  serverId: number,
  at: string,
  now: Date,
): Promise<BackupRecord[]> {
  const latest = now.getTime() + CLOCK_TOLERANCE_MS;
  const time = at === 'latest' ? latest : Date.parse(at);
  const until = new Date(Number.isNaN(time) ? latest : Math.min(time, latest));
  const good = { serverId, goodOnly: true, limit: 1 };
  const meant = await backups.list({ ...good, until });
  const ahead = await backups.ahead(now, serverId);
  if (meant.length > 0 || ahead.length > 0) return [...meant, ...ahead];
  // The message depends on whether there is any good backup at all.
  return await backups.list(good);
}

/**
 * Chooses the restore point for `at`: the latest one, or the last one begun by a time. Backups that claim to have begun
 * later than `now` do not count. `backups` are the good ones of a server. Throws a `ConfigError` where there is none.
 */
function choosePoint(backups: readonly BackupRecord[], at: string, now: Date): RestorePoint {
  const newestFirst = backups
    .filter(({ startedAt }) => !isAhead(startedAt, now))
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId);
  const found = newestFirst.find((backup) => isMeant(backup, at));
  if (found === undefined) {
    const doubtful = doubtfulTimes(backups, now);
    if (doubtful !== undefined) throw new ConfigError(doubtful, `Name one by its id: --at ID. ${DOUBTFUL_TIMES_HINT}`);
    throw new ConfigError(
      backups.length === 0 ? 'there is no good backup of this server' : `there is no good backup for --at ${at}`,
      backups.length === 0 ? 'Make one: pgbak run --force' : 'See what there is: pgbak backups',
    );
  }
  return asRestorePoint(found);
}

/** Turns a stored backup into a restore point. Throws a `ConfigError` where its record holds too little. */
export function asRestorePoint(backup: BackupRecord): RestorePoint {
  const { place, objectId, objectName, format } = backup;
  if (place === undefined || objectId === undefined || objectName === undefined || format === undefined) {
    throw new ConfigError(
      `backup ${backup.backupId} was made by the earlier program, which did not note where it is`,
      'Fetch it by hand: the README tells how to open it.',
    );
  }
  return { ...backup, place, objectId, objectName, format };
}

function isMeant({ startedAt }: BackupRecord, at: string): boolean {
  if (at === 'latest') return true;
  const time = Date.parse(at);
  if (Number.isNaN(time)) {
    throw new ConfigError(
      `--at ${at} is neither "latest", nor a backup's id, nor a time`,
      'For example: --at 2026-11-23T10:15Z',
    );
  }
  return startedAt.getTime() <= time;
}
