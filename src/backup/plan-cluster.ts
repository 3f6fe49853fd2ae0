import type { Context } from '../core/context.ts';
import { ProgramError, ConfigError } from '../core/errors.ts';
import { printableName, quoted } from '../core/printable.ts';
import {
  closedText,
  findDatabases,
  idleText,
  NOTHING_FOUND,
  patternOf,
  type FoundDatabases,
} from '../postgres/cluster-databases.ts';
import { parseConnection } from '../postgres/connection.ts';
import { goneText, newPart } from '../server/cluster-part.ts';
import { connectionStringOf } from '../server/connection-of.ts';
import { databaseOf } from '../server/programs.ts';
import { isRoles, type ServerRecord, unreadableProblem } from '../server/server.ts';
import type { RunUnit } from './run-unit.ts';

interface PlanOptions {
  isWanted: (server: ServerRecord) => boolean;
  /** Only look, and record nothing. */
  dryRun: boolean;
}

const NOT_ASKED = 'the databases of its cluster could not be looked up';

/**
 * The parts of a cluster that a run backs up: its roles, and each of its databases of now. Asks the cluster for them where one of the
 * parts is wanted. Records databases that are new or gone, and tells of them. Where the cluster cannot be asked, that is a failure of
 * its roles, and its databases wait for the next run.
 */
export async function planCluster(
  cluster: ServerRecord,
  { isWanted, dryRun }: PlanOptions,
  context: Context,
): Promise<RunUnit[]> {
  const { catalog, signal } = context;
  const known = await catalog.servers.partsOf(cluster);
  const present = known.filter(({ partOf }) => partOf?.goneAt === undefined);
  const asUnits = (parts: readonly ServerRecord[]): RunUnit[] => parts.map((server) => ({ server, cluster }));
  if (known.length > 0 && !present.some((part) => isWanted(part))) return asUnits(present);
  const add = async (database: string | undefined) =>
    dryRun ? newPart(cluster, database) : await catalog.servers.addPart(cluster, database);
  const roles = known.find((part) => isRoles(part)) ?? (await add(undefined));
  let found: FoundDatabases;
  try {
    found = await lookUp(cluster, context);
  } catch (error) {
    const others = present.filter((part) => !isRoles(part));
    if (signal.aborted) return asUnits([roles, ...others]);
    return [
      { server: roles, cluster, obstacle: error },
      ...others.map((server) => ({ server, cluster, leftOut: NOT_ASKED })),
    ];
  }
  const units: RunUnit[] = [];
  const byDatabase = new Map(known.map((part) => [part.partOf?.database, part]));
  for (const { name, obstacle } of found.databases) {
    const part = byDatabase.get(name);
    const server = part === undefined ? await add(name) : await returned(part, dryRun, context);
    if (part === undefined && known.length > 0)
      tell(cluster, `the database ${printableName(name)} is new, and is backed up from now on`, context);
    units.push({ server, cluster, ...(obstacle === undefined ? {} : { obstacle }) });
  }
  const seen = new Set(found.databases.map(({ name }) => name));
  const gone: RunUnit[] = [];
  for (const part of known) {
    const { database, goneAt, isForgotten = false } = part.partOf ?? {};
    if (database === undefined || seen.has(database)) continue;
    if (found.closed.includes(database))
      units.push({ server: part, cluster, obstacle: closedProblem(cluster, database) });
    else if (found.leftOut.includes(database)) await forget(part, dryRun, context);
    else {
      if (goneAt === undefined && !dryRun) await catalog.servers.noteGone(part.id, context.clock.now());
      // Of a database that was never backed up, nothing could be missed.
      if (part.lastSuccessRun === undefined) await forget(part, dryRun, context);
      else if (!isForgotten)
        gone.push({
          server: part,
          cluster,
          leftOut: warned(part, goneText({ clusterName: cluster.name, database }), context),
        });
    }
  }
  for (const database of found.closed) {
    if (!byDatabase.has(database)) tell(cluster, closedText(database), context);
  }
  return [
    {
      server: roles,
      cluster,
      warnings: found.idle.map(idleText),
      ...(units.length === 0 ? { obstacle: nothingFound(cluster) } : {}),
    },
    ...units,
    ...gone,
  ];
}

/** The databases of a cluster that its patterns choose. */
async function lookUp(cluster: ServerRecord, context: Context): Promise<FoundDatabases> {
  const unreadable = unreadableProblem(cluster);
  if (unreadable !== undefined) throw unreadable;
  const connection = parseConnection(connectionStringOf(cluster, context.environment.variable));
  return await findDatabases(await databaseOf(connection, context), cluster);
}

/** A part whose database is there, though it may have been gone. */
async function returned(part: ServerRecord, dryRun: boolean, { catalog }: Context): Promise<ServerRecord> {
  if (part.partOf?.goneAt === undefined) return part;
  if (!dryRun) await catalog.servers.noteGone(part.id, undefined);
  return part;
}

/** A pattern leaves the database out: no warning is wanted. */
async function forget(part: ServerRecord, dryRun: boolean, { catalog, clock }: Context): Promise<void> {
  if (dryRun || part.partOf?.isForgotten === true) return;
  await catalog.servers.noteGone(part.id, clock.now());
  await catalog.servers.noteForgotten(part.id, clock.now());
}

function warned({ name: server }: ServerRecord, message: string, { report }: Context): string {
  report({ type: 'warning', server, message });
  return message;
}

function tell({ name: server }: ServerRecord, message: string, { report }: Context): void {
  report({ type: 'note', server, message });
}

function closedProblem(cluster: ServerRecord, database: string): ProgramError {
  return new ProgramError(
    `the database ${printableName(database)} takes no connections any more (datallowconn is false)`,
    `Let it take connections, or leave it out: pgbak edit ${quoted(cluster.name)} --exclude-database ${quoted(patternOf(database))}`,
  );
}

function nothingFound(cluster: ServerRecord): ConfigError {
  return new ConfigError(
    NOTHING_FOUND,
    `See what the patterns leave: pgbak edit ${quoted(cluster.name)} --include-database "" --exclude-database ""`,
  );
}
