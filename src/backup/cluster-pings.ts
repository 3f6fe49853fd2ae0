import type { Context } from '../core/context.ts';
import { formatBytes } from '../core/format.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor, type Pings } from './pings.ts';

/** One start and one last ping for all parts of a cluster. */
export interface ClusterPings {
  /** The pings of one part: the first one to begin tells that the cluster does. */
  ofPart(warn: (message: string) => void): Pings;
  /** Notes how a part fared, or that its turn is over. After the last one, the ping tells how the cluster fared. */
  ended(outcome: Outcome): Promise<void>;
}

/**
 * Tells the ping URLs of a cluster how its parts fare, all in all: it fails where any part does.
 *
 * @param count How many parts the run has, with those that are not due.
 */
export function clusterPings(cluster: ServerRecord, count: number, context: Context): ClusterPings {
  const outcomes: Outcome[] = [];
  let start: Promise<void> | undefined;
  return {
    ofPart: (warn) => ({
      started: async () => await (start ??= pingsFor(cluster, warn, context).started()),
      succeeded: async () => {},
      failed: async () => {},
    }),
    ended: async (outcome) => {
      outcomes.push(outcome);
      const tried = outcomes.filter(({ status }) => status !== 'skipped');
      // A cluster that was told to begin is told to end, also where its only database was dropped meanwhile.
      if (outcomes.length < count || (tried.length === 0 && start === undefined)) return;
      const last = tried.at(-1);
      const pings = pingsFor(
        cluster,
        (message) => {
          context.report({ type: 'warning', server: cluster.name, message });
          if (last !== undefined && last.status !== 'skipped') last.warnings.push(message);
        },
        context,
      );
      const isGood = tried.every(({ status }) => status === 'success');
      const summary = summaryOf(outcomes);
      await (isGood ? pings.succeeded(summary) : pings.failed(summary));
    },
  };
}

/** What became of the parts: how many, then what went wrong, then each with its size. */
function summaryOf(outcomes: readonly Outcome[]): string {
  const good = outcomes.filter((one) => one.status === 'success');
  const bad = outcomes.flatMap((one) => (one.status === 'failed' || one.status === 'incomplete' ? [one] : []));
  const count = good.length + bad.length;
  const sizeBytes = good.reduce((sum, { size }) => sum + size, 0);
  const first = `${good.length} of ${count} ${count === 1 ? 'backup' : 'backups'} succeeded, ${formatBytes(sizeBytes)} stored`;
  // Those that are not due are no news.
  const left = outcomes.flatMap((one) =>
    one.status === 'skipped' && one.due === undefined ? [`${one.name}: ${one.reason}`] : [],
  );
  const warned = good.flatMap(({ name, warnings }) => warnings.map((warning) => `${name}: ${warning}`));
  return [
    first,
    ...bad.map(({ name, status, error }) => `${name}: ${status}: ${error}`),
    ...left,
    ...warned,
    ...good.map(({ name, size }) => `${name}: ${formatBytes(size)}`),
  ].join('\n');
}
