import { tell } from './output.ts';
import { doubtfulTimes } from '../backup/doubtful-times.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import type { ServerRecord } from '../config/server.ts';
import { ConfigError } from '../errors.ts';
import { asRestorePoint, choosePoint, type RestorePoint } from '../restore/choose-point.ts';
import { systemClock } from '../system/clock.ts';
import { findBackup } from './find-backup.ts';

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
    const good = await catalog.backups.list({ serverId: server.id, goodOnly: true, limit: 1_000_000 });
    const now = systemClock.now();
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
