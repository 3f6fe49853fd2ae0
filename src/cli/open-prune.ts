import { prune, type PruneEntry, type PruneOptions } from '../backup/prune.ts';
import type { ServerRecord } from '../config/server.ts';
import { unreadableProblem } from '../config/unreadable.ts';
import { systemClock } from '../system/clock.ts';
import type { Workplace } from './open-workplace.ts';
import { storageToPrune } from './storage-at.ts';

/** Removes what a server's rules do not keep; see `prune`. */
export async function pruneIn(
  workplace: Workplace,
  server: ServerRecord,
  options: PruneOptions,
  signal: AbortSignal,
): Promise<PruneEntry[]> {
  const { catalog } = workplace;
  const unreadable = unreadableProblem(server);
  if (unreadable !== undefined) throw unreadable;
  return await prune(server, options, {
    catalog,
    clock: systemClock,
    signal,
    storageToPrune: (backup, owner) => storageToPrune(backup, owner, workplace),
  });
}
