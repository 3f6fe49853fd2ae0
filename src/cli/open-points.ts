import type { BackupRecord } from '../config/backup-record.ts';
import { knownPlaceOf } from '../config/destination.ts';
import type { ServerRecord } from '../config/server.ts';
import { listRemoteArchives } from '../restore/remote-archives.ts';
import { listRestorePoints, type ListedPoint } from '../restore/restore-points.ts';
import type { Workplace } from './open-workplace.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, openPlace, storageOf } from './storage-at.ts';

/** The good backups of one server or of all, with what storage says of each; newest first. */
export async function pointsIn(
  workplace: Workplace,
  server: ServerRecord | undefined,
  { signal, warn }: { signal: AbortSignal; warn: (message: string) => void },
): Promise<ListedPoint[]> {
  const { catalog, environment } = workplace;
  const servers = server === undefined ? await catalog.servers.list() : [server];
  const backups = await catalog.backups.inStorage(server?.id);
  const byServer = new Map<number | undefined, BackupRecord[]>(servers.map(({ id }) => [id, []]));
  for (const backup of backups) byServer.get(backup.serverId)?.push(backup);
  const remembered = servers.map((one) => ({ server: one, backups: byServer.get(one.id) ?? [] }));
  const points = await listRestorePoints(remembered, {
    signal,
    warn,
    storageAt: (place, one) => storageOf({ place }, one, workplace, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS }),
    placeToday: (one) => knownPlaceOf(one, environment),
  });
  // Whose keys would open the storage of a server that was deleted, nobody knows any more.
  const orphans = backups.filter(({ serverId, result }) => serverId === undefined && result === 'success');
  return [...points, ...orphans.map((backup): ListedPoint => ({ state: 'unknown', backup }))];
}

/** Everything of pgbak's in a place, whoever stored it. */
export async function remotePointsIn(
  workplace: Workplace,
  from: string | undefined,
  signal: AbortSignal,
): Promise<ListedPoint[]> {
  const storage = await openPlace(from, workplace);
  const archives = await listRemoteArchives(storage, '', signal);
  return archives
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .map((archive) => ({ state: 'not in catalogue', archive }));
}
