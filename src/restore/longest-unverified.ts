import type { Catalog } from '../catalog/open-catalog.ts';
import type { ServerRecord } from '../config/server.ts';

/**
 * The servers that have a good backup, those first whose backups were never read or longest ago, whatever came out then; at most
 * `count`.  * One without any is for `status` to complain about.
 */
export async function longestUnverified(
  { servers, backups, verifications }: Pick<Catalog, 'servers' | 'backups' | 'verifications'>,
  count = Number.POSITIVE_INFINITY,
): Promise<ServerRecord[]> {
  const recent = await verifications.recent();
  const verifiedAt = ({ id }: ServerRecord) => recent.get(id)?.lastThorough?.verifiedAt.getTime() ?? 0;
  const chosen: ServerRecord[] = [];
  for (const server of (await servers.list()).toSorted((a, b) => verifiedAt(a) - verifiedAt(b) || a.id - b.id)) {
    if (chosen.length >= count) break;
    if ((await backups.list({ serverId: server.id, goodOnly: true, limit: 1 })).length > 0) chosen.push(server);
  }
  return chosen;
}
