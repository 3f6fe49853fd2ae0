import { knownPlaceOf } from '../config/destination.ts';
import type { ServerRecord } from '../config/server.ts';
import { listRemoteArchives } from '../restore/remote-archives.ts';
import { listRestorePoints, type ListedPoint } from '../restore/restore-points.ts';
import type { Workplace } from './open-workplace.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, openPlace, storageOf } from './storage-at.ts';

const ALL = 1_000_000;

/** The good backups of one server or of all, with what storage says of each; newest first. */
export async function pointsIn(
  workplace: Workplace,
  server: ServerRecord | undefined,
  { signal, warn }: { signal: AbortSignal; warn: (message: string) => void },
): Promise<ListedPoint[]> {
  const { catalog, environment } = workplace;
  const servers = server === undefined ? await catalog.servers.list() : [server];
  const remembered = await Promise.all(
    servers.map(async (one) => {
      const stored = await catalog.backups.inStorage(one.id);
      // The earlier program did not note where its archives are.
      const good = await catalog.backups.list({ serverId: one.id, goodOnly: true, limit: ALL });
      return { server: one, backups: [...stored, ...good.filter(({ objectId }) => objectId === undefined)] };
    }),
  );
  const points = await listRestorePoints(remembered, {
    signal,
    warn,
    storageAt: (place, one) => storageOf({ place }, one, workplace, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS }),
    placeToday: (one) => knownPlaceOf(one, environment),
  });
  if (server !== undefined) return points;
  // Whose keys would open the storage of a server that was deleted, nobody knows any more.
  const log = await catalog.backups.list({ goodOnly: true, limit: ALL });
  const orphans = log.filter(({ serverId }) => serverId === undefined);
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
