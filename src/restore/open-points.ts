import type { BackupRecord } from '../core/backup-record.ts';
import { knownPlaceOf } from '../server/destination.ts';
import { objectKey } from '../storage/storage.ts';
import type { ServerRecord } from '../server/server.ts';
import { listRemoteArchives } from './remote-archives.ts';
import { listRestorePoints, unrecorded, type ListedPoint } from './restore-points.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, openPlace, storageOf } from '../server/storage-at.ts';

/**
 * The good backups of one server or of all, with what storage says of each; newest first. Of those in the catalogue the
 * last `limit` are looked at, and storage is asked where these are and where today's go.
 */
export async function pointsIn(
  workplace: Workplace,
  server: ServerRecord | undefined,
  { limit, signal, warn }: { limit: number; signal: AbortSignal; warn: (message: string) => void },
): Promise<ListedPoint[]> {
  const { catalog, environment } = workplace;
  const servers = server === undefined ? await catalog.servers.list() : [server];
  const backups = await catalog.backups.newestPoints(limit, server?.id);
  const byServer = new Map<number | undefined, BackupRecord[]>(servers.map(({ id }) => [id, []]));
  for (const backup of backups) byServer.get(backup.serverId)?.push(backup);
  const remembered = servers.map((one) => ({ server: one, backups: byServer.get(one.id) ?? [] }));
  const orphans = backups.filter(({ serverId }) => serverId === undefined);
  const points = await listRestorePoints(remembered, orphans, {
    signal,
    warn,
    recordsOf: (objectIds) => catalog.backups.ofObjects(objectIds),
    // An archive that is older than all that are shown is not shown either.
    since: backups.length < limit ? undefined : backups.at(-1)?.startedAt,
    ownIds: await catalog.rebuild.knownCatalogs(),
    storageAt: (place, one) => storageOf({ place }, one, workplace, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS }),
    placeToday: (one) => knownPlaceOf(one, environment),
  });
  return points.slice(0, limit);
}

/** Everything of pgbak's in a place, of every catalogue, and what the catalogue knows of it. */
export async function remotePointsIn(
  workplace: Workplace,
  from: string | undefined,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<ListedPoint[]> {
  const storage = await openPlace(from, workplace);
  const all = await listRemoteArchives(storage, '', signal);
  const archives = all.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).slice(0, limit);
  const { catalog } = workplace;
  const ownIds = await catalog.rebuild.knownCatalogs();
  const recorded = new Map<string, BackupRecord>();
  for (const backup of await catalog.backups.ofObjects(archives.map(({ object }) => object.id)))
    recorded.set(objectKey(backup.place, backup.objectId), backup);
  return archives.map((archive): ListedPoint => {
    const backup = recorded.get(objectKey(archive.place, archive.object.id));
    return backup === undefined ? unrecorded(archive, ownIds) : { state: 'present', backup };
  });
}
