import type { Catalog } from '../catalog/open-catalog.ts';
import { statusOf, type ServerStatus } from './status.ts';

/** How the backups of all servers stand. */
export async function collectStatus(
  { servers, backups, verifications }: Pick<Catalog, 'servers' | 'backups' | 'verifications'>,
  now: Date,
): Promise<ServerStatus[]> {
  const statuses: ServerStatus[] = [];
  const verified = await verifications.recent();
  for (const server of await servers.list()) {
    const [newest, other] = await backups.list({ serverId: server.id, limit: 2 });
    // An attempt that is under way says nothing yet.
    const lastAttempt = newest?.result === 'running' ? other : newest;
    const [lastGood] = await backups.list({ serverId: server.id, goodOnly: true, limit: 1 });
    statuses.push(statusOf(server, { lastGood, lastAttempt, verification: verified.get(server.id) }, now));
  }
  return statuses;
}
