import { findServers } from '../catalog/find-server.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import type { Context } from '../core/context.ts';
import { isAhead } from '../core/doubtful-times.ts';
import { PgbakError } from '../core/errors.ts';
import { isExpected } from '../server/cluster-part.ts';
import type { ServerRecord } from '../server/server.ts';
import { copiesOf } from './copies.ts';
import { allPoints, findPoint, type RestorePoint } from './choose-point.ts';

/** Which backups to verify. */
export interface VerifyChoice {
  /** Names or ids of servers; all servers where empty. */
  names: readonly string[];
  /** Only so many of all servers, those verified longest ago. */
  sample: number | undefined;
  /** Only the copies in this place or destination; else each copy. */
  from?: string | undefined;
  /** One backup of each server, as `--at` says it, or `every` one. */
  which: { at: string } | 'every';
}

interface Chosen {
  server: ServerRecord;
  points: readonly RestorePoint[];
}

/** Finds the backups to verify. `isComplete`: no server lacks the one that was asked for, which was reported. */
export async function chooseVerified(
  { names, sample, which, from }: VerifyChoice,
  context: Context,
): Promise<{ chosen: Chosen[]; isComplete: boolean }> {
  const { catalog, clock, report } = context;
  const servers =
    names.length === 0 ? await longestUnverified(catalog, clock.now(), sample) : await findServers(catalog, names);
  const chosen: Chosen[] = [];
  let isComplete = true;
  for (const server of servers) {
    try {
      const points =
        which === 'every' ? await allPoints(server, context) : [await findPoint(server, which.at, context)];
      const copies = await Promise.all(points.map(async (point) => await copiesOf(point, from, context)));
      chosen.push({ server, points: copies.flat() });
    } catch (error) {
      if (names.length === 1 || !(error instanceof PgbakError)) throw error;
      report({ type: 'warning', server: server.name, message: `${server.name}: ${error.message}` });
      isComplete = false;
    }
  }
  return { chosen, isComplete };
}

/** Whether storage should still hold a backup: while many are verified, a run may prune some. */
export async function isStillStored({ backupId }: RestorePoint, { catalog }: Context): Promise<boolean> {
  const backup = await catalog.backups.find(backupId);
  return backup !== undefined && backup.removedAt === undefined && backup.removingAt === undefined;
}

/**
 * Up to `count` servers with a good backup, those first whose backups were never verified or longest ago. A verification
 * that claims to be later than `now` counts as none. `status` reports servers without a backup.
 */
async function longestUnverified(
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
  const expected = (await servers.units()).filter((server) => isExpected(server));
  for (const server of expected.toSorted((a, b) => verifiedAt(a) - verifiedAt(b) || a.id - b.id)) {
    if (chosen.length >= count) break;
    if ((await backups.list({ serverIds: [server.id], goodOnly: true, limit: 1 })).length > 0) chosen.push(server);
  }
  return chosen;
}
