import { join } from 'node:path';
import { isSelection, type DumpParts } from '../config/dump-parts.ts';
import type { Secret } from '../config/secret.ts';
import { ConfigError } from '../errors.ts';
import { analyze } from '../postgres/analyze.ts';
import { differencesBetween, olderThanSource } from '../postgres/compare-database.ts';
import { connectionTo, parseConnection } from '../postgres/connection.ts';
import { fileLoader } from '../postgres/file-loader.ts';
import { startLoader, type Loader, type LoadRequest } from '../postgres/load-dump.ts';
import { describeLimits, leavesOutComments, leftOutFor, limitsOfRole } from '../postgres/limited-role.ts';
import { loadRoles, loadSettings } from '../postgres/load-globals.ts';
import { cannotLoadDirectly, programsThatRead } from '../postgres/match-version.ts';
import { queryRows } from '../postgres/query.ts';
import { quoteLiteral } from '../postgres/quote.ts';
import { missingRoles } from '../postgres/roles.ts';
import { missingTablespaces } from '../postgres/tablespaces.ts';
import type { RestorePoint } from '../restore/choose-point.ts';
import type { DatabaseTarget } from '../restore/restore.ts';
import { planCreation } from './create-target.ts';
import { openPart, thenDisposed } from './open-part.ts';
import { reach, restoreDirectory } from './open-restore.ts';
import type { Workplace } from './open-workplace.ts';

export interface TargetOptions {
  /** Make the database. */
  create: boolean;
  /** The database to connect to for that. */
  maintenanceDatabase: string;
  /** Take everything out of it first. */
  clean: boolean;
  parts: DumpParts;
  /** How many connections load at once. */
  jobs: number;
  globals: boolean;
  /** Gather planner statistics at the end. */
  analyze: boolean;
  /** How long the load waits for a lock that another session holds. */
  lockWaitSeconds: number;
  /** Told who holds it. */
  onWait: (message: string) => void;
}

export interface OpenedTarget {
  target: DatabaseTarget;
  database: string;
  /** What is there already. */
  tableCount: number;
  /** What is about to be done, for the user to agree to. */
  plan: string[];
}

/** The database that a dump is to be loaded into, asked and not changed. A `ConfigError` for what must not be done. */
export async function openTarget(
  url: Secret,
  point: RestorePoint,
  options: TargetOptions,
  workplace: Workplace,
  signal: AbortSignal,
): Promise<OpenedTarget> {
  refuseMismatch(point, options);
  const { create, clean, parts, globals } = options;
  const named = parseConnection(url);
  const reached = await reach(
    create ? connectionTo(named, options.maintenanceDatabase) : named,
    workplace.environment,
    signal,
  );
  const { connection: server, facts, found, forPrograms: environment } = reached;
  const database = named.database ?? facts.database;
  const query = (text: string, until = signal) => queryRows(text, server, found, environment, until);
  const tableCount = create ? 0 : facts.tableCount;

  if (facts.isStandby) {
    throw new ConfigError(
      `${named.label} is a standby, which takes no changes`,
      'Restore into its primary, or into a server of its own.',
    );
  }
  if (
    create &&
    (await query(`select 1 from pg_catalog.pg_database where datname =${quoteLiteral(database)}`)).length > 0
  )
    throw new ConfigError(
      `there is a database "${database}" already`,
      'Name another, or leave --create out to restore into it.',
    );
  if (tableCount > 0 && !clean && !isSelection(parts)) {
    throw new ConfigError(
      `${named.label} holds ${tableCount} tables already, and nothing is restored over them`,
      'Restore into an empty database (--create makes one), or replace what is there: --clean',
    );
  }

  const made = await workplace.catalog.backups.databaseFacts(point.backupId);
  const programs = programsThatRead(made?.clientMajor, reached.programs, found);
  const limits = await limitsOfRole(point.roles ?? [], create, query);
  const leftOut = leftOutFor(limits, parts);
  const obstacle =
    options.jobs > 1 ? (cannotLoadDirectly(facts.version, programs) ?? leavesOutComments(limits)) : undefined;
  const jobs = obstacle === undefined ? options.jobs : 1;
  const creation = create
    ? await planCreation({
        facts: made,
        encoding: point.encoding,
        database,
        label: named.label,
        major: facts.version.major,
        noOwner: parts.noOwner,
        noPrivileges: parts.noPrivileges,
        rolesComing: globals,
        query,
      })
    : undefined;

  // Tablespaces that the roles' script brings are there by then.
  const noPlace = globals ? [] : await missingTablespaces(made?.tablespaces ?? [], server, found, environment, signal);
  const request: LoadRequest = {
    format: point.format,
    connection: named,
    programs,
    environment,
    signal,
    parts,
    leftOut,
    emptyFirst: clean,
    noTablespaces: noPlace.length > 0,
    lockWaitSeconds: options.lockWaitSeconds,
    onWait: options.onWait,
  };
  const lacking = await missingRoles(point.roles ?? [], server, found, environment, signal);
  const target = { connection: named, programs, found, environment, signal };
  const ask = (text: string) => queryRows(text, named, found, environment, signal);
  const part = isSelection(parts)
    ? openPart({
        parts,
        jobs,
        query: create ? undefined : ask,
        createDirectory: () => restoreDirectory(workplace),
      })
    : undefined;
  return {
    database,
    tableCount,
    plan: [
      ...planOf({ point, label: named.label, version: facts.version.text, tableCount, lacking }, { ...options, jobs }),
      ...(obstacle === undefined ? [] : [`over one connection in place of ${options.jobs}: ${obstacle}`]),
      ...olderThanSource(made, facts.version),
      ...(noPlace.length === 0
        ? []
        : [
            `left out: tablespaces (the server lacks ${noPlace.join(', ')}, or they may not be used): all goes into that of the database`,
          ]),
      ...describeLimits(limits, { ...parts, clean }),
      ...(creation?.notes ?? (made === undefined ? [] : differencesBetween(made, facts.databaseFacts))),
    ],
    target: {
      kind: 'database',
      label: named.label,
      ...(part === undefined ? {} : { survey: part.survey, compare: () => part.compare(ask) }),
      openLoader: async () => {
        const open = async () => {
          if (part !== undefined) return await part.openLoader(request);
          return jobs > 1 ? await openParallel(request, jobs, workplace) : startLoader(request);
        };
        if (creation === undefined) return await open();
        await creation.create();
        return await undoneBy(open, creation.drop);
      },
      ...(creation === undefined ? {} : { settle: creation.settle }),
      ...(analyzes(options) ? { analyze: () => analyze(target, options.lockWaitSeconds, part?.tables()) } : {}),
      ...(globals
        ? {
            globals: {
              loadRoles: (script: Secret) => loadRoles(script, { ...target, connection: server }),
              loadSettings: (script: Secret) => loadSettings(script, target, database),
            },
          }
        : {}),
    },
  };
}

/** Where no rows come, there is nothing to gather. */
function analyzes({ analyze: isWanted, parts }: TargetOptions): boolean {
  return isWanted && !parts.schemaOnly;
}

function refuseMismatch({ format }: RestorePoint, { parts, jobs, clean, create }: TargetOptions): void {
  if (format === 'sql' && (isSelection(parts) || jobs > 1)) {
    throw new ConfigError(
      'this backup is an SQL script, of which psql takes all or nothing',
      'A part and several jobs take a server with --format binary. Or write it to a file and edit that: --output',
    );
  }
  if (clean && create) throw new ConfigError('--clean empties a database, and --create makes a new one: choose one');
  if (clean && isSelection(parts)) throw new ConfigError('--clean would remove more than a part brings back');
  if (clean && jobs > 1) {
    throw new ConfigError('--clean needs one transaction, which several jobs cannot share', 'Use --create instead.');
  }
}

interface Situation {
  point: RestorePoint;
  label: string;
  version: string;
  tableCount: number;
  lacking: readonly string[];
}

function planOf({ point, label, version, tableCount, lacking }: Situation, options: TargetOptions): string[] {
  const { create, clean, parts, jobs, globals } = options;
  const what = isSelection(parts) ? 'a part of backup' : 'backup';
  const how = jobs > 1 ? `by ${jobs} jobs, not in one transaction` : 'in one transaction: all of it or nothing';
  const roles = lacking.join(', ');
  return [
    `${what} ${point.backupId} of ${point.serverName}, made ${point.startedAt.toISOString()}`,
    `into ${create ? 'the new database ' : ''}${label}, PostgreSQL ${version}, ${how}`,
    ...(clean ? [`everything in it is replaced: ${tableCount} tables and all else`] : []),
    ...(globals ? ['with the roles it lacks, and the settings of the database'] : []),
    ...(lacking.length === 0 || globals || parts.noOwner
      ? []
      : [
          `the dump names roles that the server lacks: ${roles}; create them first, ` +
            (point.hasGlobals ? 'or use --globals' : 'or it will be refused'),
        ]),
    ...(analyzes(options) ? ['then planner statistics are gathered (ANALYZE), unless --no-analyze is given'] : []),
  ];
}

async function openParallel(request: LoadRequest, jobs: number, workplace: Workplace): Promise<Loader> {
  const directory = await restoreDirectory(workplace);
  return thenDisposed(fileLoader(request, join(directory.path, 'dump'), jobs), directory);
}

async function undoneBy(open: () => Promise<Loader>, undo: () => Promise<void>): Promise<Loader> {
  try {
    const loader = await open();
    const abandon = async () => {
      const reason = await loader.abandon();
      await undo();
      return reason;
    };
    return { ...loader, abandon };
  } catch (error) {
    await undo();
    throw error;
  }
}
