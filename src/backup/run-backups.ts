import type { SettingsOverrides } from '../server/settings.ts';
import type { Context } from '../core/context.ts';
import { describeFailure, failureText, PgbakError } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';
import { grouped } from '../core/group-by.ts';
import { parseConnection } from '../postgres/connection.ts';
import { resolveReference } from '../server/reference.ts';
import { mapConcurrently } from '../system/concurrency.ts';
import { cleanLeftovers } from './clean-leftovers.ts';
import { catchUp, missingOf } from './catch-up.ts';
import { dueByAge, isDue, nextDue } from './due.ts';
import type { Outcome } from './outcome.ts';
import { clusterPings, type ClusterPings } from './cluster-pings.ts';
import { pingsFor } from './pings.ts';
import type { Run } from './run-backup.ts';
import type { RunUnit } from './run-unit.ts';

interface RunRequest {
  servers: readonly ServerRecord[];
  /** Back up even servers that are not due. */
  force: boolean;
  overrides: SettingsOverrides;
  acceptSize: boolean;
  /** How many servers are backed up at once, and how many of them on one host. */
  jobs: number;
  jobsPerHost: number;
  /** Only check, and report what a run would do. */
  dryRun: boolean;
}

/**
 * Backs up the servers that are due, the longest waiting first, and of a cluster each part. A failure never stops the next server; a
 * signal stops them all. The caller holds the run lock, except for a dry run, which changes nothing.
 */
export async function runBackups(request: RunRequest, context: Context): Promise<Outcome[]> {
  const { clock, signal } = context;
  const startedAt = clock.now();
  if (!request.dryRun) await cleanLeftovers(context);

  let opening: Promise<Run> | undefined;
  await using _run = { [Symbol.asyncDispose]: async () => await (await opening)?.[Symbol.asyncDispose]() };
  const backedUp: ServerRecord[] = [];
  const isWanted = (server: ServerRecord) => request.force || isDue(server, startedAt);
  const units = await unitsOf(request, isWanted, context);
  const wanted = units.flatMap(({ server, leftOut }) => (leftOut === undefined && isWanted(server) ? [server] : []));
  const pingsOf = pingsOfClusters(units, context);
  let begun = 0;
  const gaps = request.dryRun ? new Set() : await context.catalog.backups.serversWithGaps();
  const work = async (unit: RunUnit): Promise<Outcome> => {
    const { server: listed, cluster, leftOut } = unit;
    const identity = { serverId: listed.id, name: listed.name };
    if (leftOut !== undefined) return { ...identity, status: 'skipped', reason: leftOut };
    if (request.dryRun) {
      if (!isWanted(listed)) return { ...identity, status: 'skipped', ...notDue(listed, startedAt) };
      const { dryRun } = await import('./dry-run.ts');
      return dryRun(unit, request.overrides, context);
    }
    // A run may take hours, during which servers are edited and deleted.
    const server = await context.catalog.servers.find(listed.id);
    if (server === undefined) return { ...identity, status: 'skipped', reason: 'deleted meanwhile' };
    if (signal.aborted) return { ...identity, status: 'skipped', reason: 'interrupted' };
    const due = isWanted(server);
    const missing = gaps.has(server.id) ? await missingOf(server, context) : [];
    if (!due && missing.length === 0) return { ...identity, status: 'skipped', ...notDue(server, startedAt) };
    // Load the rest only now: most runs are hourly ones with nothing due.
    opening ??= import('./run-backup.ts').then(({ openRun }) => openRun({ ...request, startedAt }, context));
    const run = await opening;
    if (!due) return await catchUp(server, missing, run, context);
    begun += 1;
    const turn = { number: begun, count: Math.max(wanted.length, begun), pings: pingsOf(cluster) };
    const outcome = await run.backUp({ ...unit, server }, turn);
    if (outcome.status === 'success' || outcome.status === 'incomplete') backedUp.push(server);
    // The new backup is recorded. Copies of earlier ones do not change that.
    await run.complete(server, missing).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    return outcome;
  };
  // An unexpected error must neither stop the others nor release the lock while they work.
  const turn = async (unit: RunUnit) => {
    const outcome = await work(unit).catch((error: unknown) => failedOutcome(unit.server, error, context));
    await pingsOf(unit.cluster)?.ended(outcome);
    return outcome;
  };
  // Hosts matter only to parallel jobs, and finding those of 200 servers takes a while.
  const keyOf = request.jobs === 1 ? () => '' : ({ server }: RunUnit) => hostOf(server, context);
  if (!request.dryRun) tellOfHosts(wanted, request, context);
  const turns = { jobs: request.jobs, perKey: request.jobsPerHost, keyOf };
  const outcomes = await mapConcurrently(longestWaitingFirst(units, startedAt), turns, turn);
  if (backedUp.length > 0 && !signal.aborted) {
    const { copyCatalog } = await import('./copy-catalog.ts');
    await copyCatalog(backedUp, { startedAt, overrides: request.overrides }, context);
  }
  return outcomes;
}

/** What is backed up by itself: the parts of a cluster in its place. */
async function unitsOf(
  { servers, dryRun }: RunRequest,
  isWanted: (server: ServerRecord) => boolean,
  context: Context,
): Promise<RunUnit[]> {
  const planned = servers.map(async (server): Promise<RunUnit[]> => {
    if (!server.allDatabases) return [{ server }];
    const { planCluster } = await import('./plan-cluster.ts');
    return await planCluster(server, { isWanted, dryRun }, context);
  });
  return (await Promise.all(planned)).flat();
}

/** The pings of each cluster of which the run has all parts. */
function pingsOfClusters(
  units: readonly RunUnit[],
  context: Context,
): (cluster: ServerRecord | undefined) => ClusterPings | undefined {
  const parts = grouped(units, ({ cluster }) => cluster?.id ?? 0);
  const pings = new Map<number, ClusterPings>();
  for (const [id, [first, ...more]] of parts) {
    if (first?.cluster === undefined) continue;
    pings.set(id, clusterPings(first.cluster, more.length + 1, context));
  }
  return (cluster) => (cluster === undefined ? undefined : pings.get(cluster.id));
}

/** The outcome where not even the attempt could be recorded: the catalogue cannot be read, or pgbak has a fault. */
async function failedOutcome(server: ServerRecord, error: unknown, context: Context): Promise<Outcome> {
  const { interrupted, ...failure } = describeFailure(error, [], server);
  const { id: serverId, name } = server;
  const warnings: string[] = [];
  context.report({ type: 'failed', server: name, ...failure });
  const text = failureText(failure);
  await pingsFor(server, (warning) => warnings.push(warning), context).failed(text);
  return { serverId, name, status: 'failed', durationMs: 0, warnings, error: text, interrupted };
}

function longestWaitingFirst(units: readonly RunUnit[], now: Date): RunUnit[] {
  const waitingSince = ({ server }: RunUnit) => dueByAge(server, now)?.getTime() ?? 0;
  return [...units].sort((a, b) => waitingSince(a) - waitingSince(b) || a.server.id - b.server.id);
}

function notDue(server: ServerRecord, now: Date): { reason: string; due?: Date } {
  const due = nextDue(server, now);
  return due === undefined ? { reason: 'not due' } : { reason: `not due before ${due.toISOString()}`, due };
}

/** Says which servers share a host, where fewer of them than `jobs` allows are therefore backed up at once. */
function tellOfHosts(
  servers: readonly ServerRecord[],
  { jobs, jobsPerHost }: Pick<RunRequest, 'jobs' | 'jobsPerHost'>,
  context: Context,
): void {
  if (jobs <= jobsPerHost) return;
  for (const [host, { length }] of grouped(servers, (server) => hostOf(server, context))) {
    if (length <= jobsPerHost) continue;
    const where = host === '' || host.startsWith('/') ? 'this machine' : host;
    const how = jobsPerHost === 1 ? 'one after another' : `${jobsPerHost} at once`;
    const more = `To do more at once: --jobs-per-host ${Math.min(jobs, length)}`;
    context.report({ type: 'note', message: `${length} servers are on ${where}; backed up ${how}. ${more}` });
  }
}

/** The host of a server's database. A server whose host is not known counts as a host of its own. */
function hostOf({ id, connectionString }: ServerRecord, { environment }: Context): string {
  try {
    return parseConnection(resolveReference(connectionString, 'the connection string', environment.variable)).host;
  } catch (error) {
    if (error instanceof PgbakError) return `server ${id}`;
    throw error;
  }
}
