import type { Catalog } from '../catalog/open-catalog.ts';
import { isAhead } from '../core/doubtful-times.ts';
import type { ServerRecord } from '../server/server.ts';

/**
 * The servers that have a good backup, those first whose backups were never read or longest ago, good or bad; at most
 * `count`. What was verified, as it says, later than `now` counts as never. One without any backup is for `status` to
 * complain about.
 */
export async function longestUnverified(
  { servers, backups, verifications }: Pick<Catalog, 'servers' | 'backups' | 'verifications'>,
  now: Date,
  count = Number.POSITIVE_INFINITY,
): Promise<ServerRecord[]> {
  const recent = await verifications.recent();
  const verifiedAt = ({ id }: ServerRecord) => {
    const at = recent.get(id)?.lastThorough?.verifiedAt;
    return at === undefined || isAhead(at, now) ? 0 : at.getTime();
  };
  const chosen: ServerRecord[] = [];
  for (const server of (await servers.list()).toSorted((a, b) => verifiedAt(a) - verifiedAt(b) || a.id - b.id)) {
    if (chosen.length >= count) break;
    if ((await backups.list({ serverId: server.id, goodOnly: true, limit: 1 })).length > 0) chosen.push(server);
  }
  return chosen;
}
