import { tell } from '../terminal/output.ts';
import { doubtfulTimes } from '../core/doubtful-times.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import { CLOCK_TOLERANCE_MS } from '../core/ahead.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import type { ServerRecord } from '../server/server.ts';
import { ConfigError } from '../core/errors.ts';
import { asRestorePoint, choosePoint, type RestorePoint } from './choose-point.ts';
import { systemClock } from '../system/clock.ts';
import { findBackup } from '../catalog/find-backup.ts';

/**
 * The restore point of a server that `at` means: `latest`, a time, or a backup's id. An id may also be that of one which
 * was stored and found wanting: better than nothing on a bad day. Throws a `ConfigError` when there is none.
 */
export async function findPoint(
  catalog: Pick<Catalog, 'servers' | 'backups'>,
  server: ServerRecord,
  at: string,
): Promise<RestorePoint> {
  if (!/^\d+$/.test(at)) {
    const now = systemClock.now();
    const good = await candidates(catalog, server.id, at, now);
    const point = choosePoint(good, at, now);
    const passedOver = doubtfulTimes(good, now);
    if (passedOver !== undefined) {
      tell(`pgbak: ${server.name}: passed over for --at ${at}: ${passedOver}`);
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

/** Of a server's good backups, in a log of a million entries: those that may be meant, and those of a doubtful time. */
async function candidates(
  { backups }: Pick<Catalog, 'backups'>,
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
  // Where there is none by then, whether there is any at all decides what to say.
  return await backups.list(good);
}
