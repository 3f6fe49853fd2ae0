import type { ServerRecord } from '../server/server.ts';
import type { SettingsOverrides } from '../server/settings.ts';
import { cleanLeftovers } from './clean-leftovers.ts';
import { copyCatalog } from './copy-catalog.ts';
import { describeFailure, failureText } from './describe-failure.ts';
import { isDue, nextDue } from './due.ts';
import { dryRun } from './dry-run.ts';
import { mapConcurrently } from '../system/concurrency.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor } from './pings.ts';
import { runBackup } from './run-backup.ts';
import type { Tools } from './tools.ts';

export interface RunRequest {
  servers: readonly ServerRecord[];
  /** Back up even what is not due. */
  force: boolean;
  overrides: SettingsOverrides;
  acceptSize: boolean;
  /** How many servers are backed up at once, and how many of them on one host. */
  jobs: number;
  jobsPerHost: number;
  /** Only check and tell what would be done. */
  dryRun: boolean;
}

/**
 * Backs up those of the servers that are due, the longest waiting first. A failure never stops the next server; a signal
 * stops them all. The caller holds the run lock (but for a dry run, which changes nothing).
 */
export async function runBackups(request: RunRequest, tools: Tools): Promise<Outcome[]> {
  const runStartedAt = tools.clock.now();
  if (!request.dryRun) await cleanLeftovers(tools);

  const { acceptSize, overrides } = request;
  const backedUp: ServerRecord[] = [];
  const work = async (listed: ServerRecord): Promise<Outcome> => {
    // A run may take hours, during which servers are edited and deleted.
    const server = await tools.catalog.servers.find(listed.id);
    const reason = server === undefined ? 'deleted meanwhile' : reasonToSkip(server, request, runStartedAt, tools);
    if (server === undefined || reason !== undefined) {
      return { serverId: listed.id, name: listed.name, status: 'skipped', reason: reason ?? '' };
    }
    if (request.dryRun) return dryRun(server, overrides, tools);
    const outcome = await runBackup(server, { runStartedAt, acceptSize, overrides }, tools);
    if (outcome.status === 'success') backedUp.push(server);
    return outcome;
  };
  // An unexpected error must not stop the others, nor let go of the lock while they work.
  const turn = async (listed: ServerRecord) =>
    await work(listed).catch((error: unknown) => failedOutcome(listed, error, tools));
  // Where one follows the other, the hosts of 200 servers need not be found out.
  const keyOf = request.jobs === 1 ? () => '' : tools.hostOf;
  const turns = { jobs: request.jobs, perKey: request.jobsPerHost, keyOf };
  const outcomes = await mapConcurrently(longestWaitingFirst(request.servers, runStartedAt), turns, turn);
  if (!tools.signal.aborted) await copyCatalog(backedUp, { runStartedAt, overrides }, tools);
  return outcomes;
}

/** For a server of which not even the attempt could be noted: a catalogue that cannot be read, or a fault in pgbak. */
async function failedOutcome(server: ServerRecord, error: unknown, tools: Tools): Promise<Outcome> {
  const { message, hint, stack, interrupted } = describeFailure(error, undefined);
  const warnings: string[] = [];
  tools.report({
    type: 'failed',
    server: server.name,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(stack === undefined ? {} : { stack }),
  });
  const text = failureText({ message, ...(hint === undefined ? {} : { hint }) });
  await pingsFor(server, (warning) => warnings.push(warning), tools).failed(text);
  const { id: serverId, name } = server;
  return { serverId, name, status: 'failed', durationMs: 0, warnings, error: text, interrupted };
}

function longestWaitingFirst(servers: readonly ServerRecord[], now: Date): ServerRecord[] {
  const waitingSince = (server: ServerRecord) => nextDue(server, now)?.getTime() ?? 0;
  return [...servers].sort((a, b) => waitingSince(a) - waitingSince(b) || a.id - b.id);
}

function reasonToSkip(
  server: ServerRecord,
  { force }: RunRequest,
  now: Date,
  { signal }: Pick<Tools, 'signal'>,
): string | undefined {
  if (signal.aborted) return 'interrupted';
  if (force || isDue(server, now)) return undefined;
  return `not due before ${nextDue(server, now)?.toISOString()}`;
}
