import { CLOCK_TOLERANCE_MS, doubtfulTimes } from '../core/doubtful-times.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import type { ServerRecord } from '../server/server.ts';
import { statusOf, type ServerStatus } from './status.ts';

/** How the backups of all servers stand. `misplacedOf` tells why a server's directory is not the one of its archives. */
export async function collectStatus(
  { servers, backups, verifications }: Pick<Catalog, 'servers' | 'backups' | 'verifications'>,
  misplacedOf: (server: ServerRecord) => Promise<string | undefined>,
  now: Date,
): Promise<ServerStatus[]> {
  const statuses: ServerStatus[] = [];
  const verified = await verifications.recent();
  const ahead = await backups.ahead(now);
  for (const server of await servers.list()) {
    const [newest, other] = await backups.list({ serverId: server.id, limit: 2 });
    // An attempt that is under way says nothing yet.
    const lastAttempt = newest?.result === 'running' ? other : newest;
    const until = new Date(now.getTime() + CLOCK_TOLERANCE_MS);
    const [lastGood] = await backups.list({ serverId: server.id, goodOnly: true, until, limit: 1 });
    const doubtful = doubtfulTimes(
      ahead.filter(({ serverId }) => serverId === server.id),
      now,
    );
    const verification = verified.get(server.id);
    // Of one that never had a backup the state tells enough.
    const misplaced = lastGood === undefined ? undefined : await misplacedOf(server);
    statuses.push(statusOf(server, { lastGood, lastAttempt, verification, doubtful, misplaced }, now));
  }
  return statuses;
}
