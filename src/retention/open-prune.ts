import { prune, type PruneEntry, type PruneOptions } from './prune.ts';
import type { ServerRecord } from '../server/server.ts';
import { unreadableProblem } from '../server/unreadable.ts';
import { systemClock } from '../system/clock.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { storageToPrune } from '../server/storage-at.ts';

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
