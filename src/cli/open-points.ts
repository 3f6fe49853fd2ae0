import type { BackupRecord } from '../config/backup-record.ts';
import { knownPlaceOf } from '../config/destination.ts';
import { objectKey } from '../config/object-key.ts';
import type { ServerRecord } from '../config/server.ts';
import { listRemoteArchives } from '../restore/remote-archives.ts';
import { listRestorePoints, unrecorded, type ListedPoint } from '../restore/restore-points.ts';
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
  const all = await catalog.backups.inStorage();
  const backups = server === undefined ? all : all.filter(({ serverId = server.id }) => serverId === server.id);
  const byServer = new Map<number | undefined, BackupRecord[]>(servers.map(({ id }) => [id, []]));
  for (const backup of backups) byServer.get(backup.serverId)?.push(backup);
  const remembered = servers.map((one) => ({ server: one, backups: byServer.get(one.id) ?? [] }));
  const orphans = backups.filter(({ serverId }) => serverId === undefined);
  return await listRestorePoints(remembered, orphans, {
    signal,
    warn,
    ownIds: await catalog.rebuild.knownCatalogs(),
    storageAt: (place, one) => storageOf({ place }, one, workplace, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS }),
    placeToday: (one) => knownPlaceOf(one, environment),
  });
}

/** Everything of pgbak's in a place, whoever stored it, and what the catalogue knows of it. */
export async function remotePointsIn(
  workplace: Workplace,
  from: string | undefined,
  signal: AbortSignal,
): Promise<ListedPoint[]> {
  const storage = await openPlace(from, workplace);
  const archives = await listRemoteArchives(storage, '', signal);
  const { catalog } = workplace;
  const ownIds = await catalog.rebuild.knownCatalogs();
  const recorded = new Map<string, BackupRecord>();
  for (const backup of await catalog.backups.inStorage())
    recorded.set(objectKey(backup.place, backup.objectId), backup);
  return archives
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .map((archive): ListedPoint => {
      const backup = recorded.get(objectKey(archive.place, archive.object.id));
      return backup === undefined ? unrecorded(archive, ownIds) : { state: 'present', backup };
    });
}
