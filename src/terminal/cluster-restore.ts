import type { Context } from '../core/context.ts';
import { ConfigError } from '../core/errors.ts';
import { formatBytes, formatCount, formatInstant } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { Secret } from '../core/secret.ts';
import { parseConnection } from '../postgres/connection.ts';
import { passwordsOf } from '../restore/archive-passwords.ts';
import { describePoint, findPoint } from '../restore/choose-point.ts';
import { restoreRoles } from '../restore/cluster/restore-roles.ts';
import type { RestoreDocument } from '../restore/restore.ts';
import { restoreCluster, type RestoredPart } from '../restore/cluster/restore-cluster.ts';
import { resolveReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';
import { paint, terminalWidth } from './output.ts';
import { passwordGiven } from './prompts/restore-questions.ts';
import { showRestore } from './restore-progress.ts';
import { renderTable } from './table.ts';
import { shownZone } from './utc.ts';

/** The document of `restore --all-databases --json`. */
export interface ClusterRestoreDocument {
  /** The cluster's name. */
  server: string;
  results: RestoredPart[];
}

interface Wishes {
  'all-databases': boolean;
  at?: string | undefined;
  to?: string | undefined;
  from?: string | undefined;
  jobs: number;
  'archive-password'?: string | undefined;
  'allow-unencrypted': boolean;
  'lock-wait-sec'?: number | undefined;
  'maintenance-db': string;
  'no-analyze': boolean;
  'no-owner': boolean;
  'no-privileges': boolean;
}

const COLUMNS = [
  { title: 'database', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'made', shrinksTo: 16 },
  { title: 'dump' },
  { title: 'result' },
  { title: 'why', shrinksTo: 20 },
];

const RESULT_COLORS = { restored: 'green', failed: 'red', skipped: 'yellow' } as const;

interface Printed<Document> {
  document: Document;
  text: string;
  exitCode: number;
}

/** Restores a whole cluster, or only its roles, with the flags of `restore`. Returns what is printed of it. */
export async function restoreCommand(
  server: ServerRecord,
  flags: Wishes,
  isJson: boolean,
  context: Context,
): Promise<Printed<ClusterRestoreDocument | RestoreDocument>> {
  if (flags['all-databases']) return await restoreAll(server, flags, isJson, context);
  return await restoreRolesOf(server, flags, isJson, context);
}

/** What both have in common. */
async function readFlags(flags: Wishes, isJson: boolean, { environment }: Context) {
  const given = await passwordGiven(flags['archive-password'], environment, isJson);
  return {
    to: parseConnection(resolveReference(new Secret(flags.to ?? ''), '--to', environment.variable)),
    passwords: (part: ServerRecord) => passwordsOf(part, environment, given),
    allowsUnencrypted: flags['allow-unencrypted'],
    from: flags.from,
  };
}

async function restoreAll(
  cluster: ServerRecord,
  flags: Wishes,
  isJson: boolean,
  context: Context,
): Promise<Printed<ClusterRestoreDocument>> {
  if (!cluster.allDatabases) {
    throw new ConfigError(
      `${cluster.name} is a single database, and --all-databases restores a whole cluster`,
      `Leave the flag out: pgbak restore ${quoted(cluster.name)} --to URL`,
    );
  }
  if (flags.jobs > 1) {
    throw new ConfigError(
      'several jobs cannot restore a database all or nothing, as --all-databases does',
      'Leave --jobs out, or restore large databases by themselves: pgbak restore SERVER/DATABASE --jobs N --to URL --create',
    );
  }
  const common = await readFlags(flags, isJson, context);
  await using progress = await showRestore();
  const results: RestoredPart[] = [];
  const request = {
    ...common,
    cluster,
    at: flags.at ?? 'latest',
    options: {
      parts: { ...WHOLE, noOwner: flags['no-owner'], noPrivileges: flags['no-privileges'] },
      analyze: !flags['no-analyze'],
      onWait: (message: string) => progress.report({ type: 'note', message }),
      maintenanceDatabase: flags['maintenance-db'],
    },
    lockWaitSeconds: flags['lock-wait-sec'],
  };
  for await (const part of restoreCluster(request, { ...context, report: progress.report })) {
    results.push(part);
    if (part.result === 'failed')
      progress.report({ type: 'warning', server: part.name, message: `${part.name}: ${part.error ?? ''}` });
    else progress.finish();
  }
  const isGood =
    results.every(({ result }) => result !== 'failed') && results.some(({ result }) => result === 'restored');
  return { document: { server: cluster.name, results }, text: textOf(results), exitCode: isGood ? 0 : 1 };
}

/** Only the roles of a cluster. */
async function restoreRolesOf(
  roles: ServerRecord,
  flags: Wishes,
  isJson: boolean,
  context: Context,
): Promise<Printed<RestoreDocument>> {
  if (flags.to === undefined) {
    throw new ConfigError(
      `${roles.name} holds the roles of a cluster: where should they go?`,
      `Into a server: --to postgresql://postgres@localhost/postgres\nInto a file for psql: --output roles.sql`,
    );
  }
  const common = await readFlags(flags, isJson, context);
  const point = await findPoint(roles, flags.at ?? 'latest', context);
  await using progress = await showRestore();
  const asTyped = `restore ${quoted(roles.name)} --at ${point.backupId} --to URL`;
  const lockWaitSeconds = flags['lock-wait-sec'] ?? roles.lockWaitSeconds;
  const request = { ...common, server: roles, point, passwords: common.passwords(roles), lockWaitSeconds, asTyped };
  const dumpBytes = await restoreRoles(request, { ...context, report: progress.report });
  progress.finish();
  const text = `Restored ${describePoint(point, context)}, into ${common.to.label}. Roles that it had are as before.`;
  return {
    document: { backupId: point.backupId, server: roles.name, dumpBytes, tables: null, rows: null },
    text,
    exitCode: 0,
  };
}

const WHOLE = { schemas: [], tables: [], dataOnly: false, schemaOnly: false, isBare: false };

function textOf(results: readonly RestoredPart[]): string {
  const rows = results.map(({ name, backupId, startedAt, dumpBytes, result, error }) => [
    name,
    backupId === null ? '' : String(backupId),
    startedAt === null ? '' : formatInstant(new Date(startedAt), { zone: shownZone() }),
    dumpBytes === null ? '' : formatBytes(dumpBytes),
    paint(RESULT_COLORS[result], result),
    error?.split('\n', 1)[0] ?? '',
  ]);
  const failed = results.filter(({ result }) => result === 'failed').length;
  const whole = results.every(({ result }) => result === 'skipped')
    ? 'Nothing was restored: there was no backup yet.'
    : failed === 0
      ? 'All of it was restored.'
      : `${formatCount(failed, 'part')} of ${results.length} failed.`;
  return `${renderTable(COLUMNS, rows, terminalWidth(process.stdout))}\n${whole}`;
}
