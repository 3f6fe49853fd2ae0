import { isSelection } from './parts/match-names.ts';
import type { Secret } from '../core/secret.ts';
import { ConfigError } from '../core/errors.ts';
import { formatCount, formatMade } from '../core/format.ts';
import { analyze } from './load/analyze.ts';
import { differencesBetween, olderThanSource, refuseOtherLocale } from './database/compare-database.ts';
import { connectionTo, namesDatabase, type Connection } from '../postgres/connection.ts';
import { isWholeOrigin, notedOrigin, originOf, type DumpOrigin } from '../postgres/dump-toc/dump-origin.ts';
import { openFromDisk } from './load/open-from-disk.ts';
import { startLoader } from './load/load-dump.ts';
import type { Loader, LoadRequest } from './load/loader.ts';
import {
  describeLimits,
  leavesOutComments,
  leftOutFor,
  limitsOfRole,
  missingRoles,
  missingTablespaces,
} from './database/role-limits.ts';
import { loadRoles, loadSettings } from '../postgres/globals/load-globals.ts';
import { cannotLoadDirectly, programsThatRead } from '../postgres/match-version.ts';
import { hasDatabase } from '../postgres/cluster-databases.ts';
import { NoDatabaseError } from '../postgres/session-failure.ts';
import type { RestorePoint } from './choose-point.ts';
import type { DatabaseTarget } from './restore.ts';
import { planCreation, refuseToCreate } from './database/create-database.ts';
import { openPart } from './parts/open-part.ts';
import { correctedBy, reach } from './target-server.ts';
import { heldDirectory } from './temporary.ts';
import type { Context } from '../core/context.ts';
import { analyzes, planOf, refuseMismatch, toOther, type TargetOptions } from './restore-plan.ts';

export interface OpenedTarget {
  target: DatabaseTarget;
  database: string;
  /** Tables that the database holds before the restore. */
  tableCount: number;
  /** The steps of the restore, for the user to agree to. */
  plan: string[];
}

/** The target holds tables, and the user did not say that they may be replaced. */
export class FilledTargetError extends ConfigError {}

/** libpq would take the database `postgres`, or one that is called as the role is: no place to restore to by accident. */
function refuseUnnamed(target: Connection, { environment: { variable } }: Context): void {
  if (namesDatabase(target) || variable('PGDATABASE') !== undefined || variable('PGSERVICE') !== undefined) return;
  throw new ConfigError(
    'the connection string of the target names no database',
    'Name it, such as --to postgresql://app@db.example/shop_restored; add --create where it is a new one.',
  );
}

/** Opens the database to load a dump into. Changes nothing yet; throws a `ConfigError` where the restore must not begin. */
export async function openTarget(
  named: Connection,
  point: RestorePoint,
  options: TargetOptions,
  context: Context,
): Promise<OpenedTarget> {
  refuseMismatch(point, options);
  refuseUnnamed(named, context);
  const { create, settles = false, clean, parts, globals, lockWaitSeconds } = options;
  const reached = await reachTarget(named, options, context);
  const { database: server, facts } = reached;
  const target = server.with({ connection: named });
  const name = named.database ?? facts.database;
  const tableCount = create ? 0 : facts.tableCount;

  if (facts.isStandby) {
    throw new ConfigError(
      `${named.label} is a standby, which takes no changes`,
      'Restore into its primary, or into a server of its own.',
    );
  }
  if (create && (await hasDatabase(server, name)))
    throw new ConfigError(
      `there is a database ${named.label} already`,
      `Name another in --to, with --create: ${toOther(named, name)} --create\nOr restore into the one that is there: leave --create out, and add --clean to replace everything in it.`,
    );
  if (create) await refuseToCreate(server, named);
  if (tableCount > 0 && !clean && !isSelection(parts)) {
    throw new FilledTargetError(
      `${named.label} is not empty: it holds ${formatCount(tableCount, 'table')}, and nothing was changed`,
      `Name a new database in --to, with --create: ${toOther(named, name)} --create\nOr replace everything in this one: --clean`,
    );
  }

  const origin = await context.catalog.backups.databaseFacts(point.backupId);
  const noted = notedOrigin(origin);
  const limits = await limitsOfRole(point.roles ?? [], create, server);
  const leftOut = leftOutFor(limits, parts);
  const meansFor = ({ clientMajor, serverMajor }: Partial<DumpOrigin>) => {
    const programs = programsThatRead(clientMajor, reached.programs, server.found);
    const obstacle =
      options.jobs > 1 ? (cannotLoadDirectly(facts.version, programs) ?? leavesOutComments(limits)) : undefined;
    return {
      programs,
      jobs: obstacle === undefined ? options.jobs : 1,
      notes: [
        ...(obstacle === undefined ? [] : [`over one connection in place of ${options.jobs}: ${obstacle}`]),
        ...olderThanSource(serverMajor, facts.version),
      ],
    };
  };
  if (settles && !create) refuseOtherLocale(origin, facts.databaseFacts, named);
  let means = meansFor(noted);
  const creation =
    create || settles
      ? await planCreation({
          facts: origin,
          encoding: point.encoding,
          database: name,
          label: named.label,
          major: facts.version.major,
          noOwner: parts.noOwner,
          noPrivileges: parts.noPrivileges,
          rolesComing: globals,
          server,
        })
      : undefined;

  // The script of roles creates its tablespaces before the load.
  const noPlace = globals ? [] : await missingTablespaces(origin?.tablespaces ?? [], server);
  const request: Omit<LoadRequest, 'programs'> = {
    format: point.format,
    database: target,
    parts,
    leftOut,
    emptyFirst: clean,
    noTablespaces: noPlace.length > 0,
    lockWaitSeconds,
    onWait: options.onWait,
  };
  const made = formatMade(point.startedAt, context.clock.now(), { zone: context.zones.shown });
  const lacking = await missingRoles(point.roles ?? [], server);
  const ofGlobals = { database: target, programs: reached.programs, lockWaitSeconds };
  const part = isSelection(parts)
    ? openPart({
        parts,
        target: create ? undefined : target,
        createDirectory: () => heldDirectory(context),
      })
    : undefined;
  return {
    database: name,
    tableCount,
    plan: [
      ...planOf(
        { point, made, label: named.label, version: facts.version.text, tableCount, lacking },
        { ...options, jobs: means.jobs },
      ),
      ...means.notes,
      ...(isWholeOrigin(noted)
        ? []
        : ['which PostgreSQL made the dump was not noted: it is read in the dump, before anything is loaded']),
      ...(noPlace.length === 0
        ? []
        : [
            `left out: tablespaces (the server lacks ${noPlace.join(', ')}, or they may not be used): all goes into that of the database`,
          ]),
      ...describeLimits(limits, { ...parts, clean }),
      ...((create ? creation?.notes : undefined) ??
        (origin === undefined ? [] : differencesBetween(origin, facts.databaseFacts))),
    ],
    target: {
      kind: 'database',
      label: named.label,
      isNew: create,
      jobs: () => means.jobs,
      ...(part === undefined ? {} : { survey: part.survey, compare: () => part.compare(target) }),
      ...(isWholeOrigin(noted)
        ? {}
        : {
            learnOrigin: (head: Buffer) => {
              means = meansFor({ ...originOf(point.format, head), ...noted });
              return means.notes;
            },
          }),
      openLoader: async () => {
        const open = async () => {
          const { programs, jobs } = means;
          const load = { ...request, programs };
          if (part !== undefined) return await part.openLoader(load, jobs);
          const isStreamed = jobs === 1 && point.format !== 'directory';
          return isStreamed ? startLoader(load) : await openFromDisk(load, jobs, context);
        };
        if (creation === undefined || !create) return await open();
        await creation.create();
        return await undoneBy(open, creation.drop);
      },
      ...(creation === undefined ? {} : { settle: creation.settle }),
      ...(analyzes(options) ? { analyze: () => analyze(target, lockWaitSeconds, part?.tables()) } : {}),
      ...(globals
        ? {
            globals: {
              loadRoles: (script: Secret) => loadRoles(script, { ...ofGlobals, database: server }),
              loadSettings: (script: Secret) => loadSettings(script, ofGlobals, name),
            },
          }
        : {}),
    },
  };
}

/** For `--create`, the database beside which the new one is made. */
async function reachTarget(named: Connection, { create, maintenanceDatabase }: TargetOptions, context: Context) {
  try {
    return await reach(create ? connectionTo(named, maintenanceDatabase) : named, context);
  } catch (error) {
    if (!(error instanceof NoDatabaseError)) throw correctedBy('--to ', named, error);
    const hint = create
      ? `To make a database, pgbak connects to ${maintenanceDatabase}. Name another: --maintenance-db NAME`
      : 'To make it: --create';
    throw new NoDatabaseError(error.message, hint);
  }
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
