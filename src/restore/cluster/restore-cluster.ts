import { hasDatabase } from '../../postgres/cluster-databases.ts';
import { connectionTo, namesDatabase, type Connection } from '../../postgres/connection.ts';
import type { Context } from '../../core/context.ts';
import { ConfigError, describeFailure, failureText, PgbakError } from '../../core/errors.ts';
import type { ServerRecord } from '../../server/server.ts';
import type { ArchivePasswords } from '../archive-passwords.ts';
import { findPoint, wishOf, type RestorePoint } from '../choose-point.ts';
import { openTarget } from '../open-target.ts';
import { restore } from '../restore.ts';
import type { TargetOptions } from '../restore-plan.ts';
import { correctedBy, reach } from '../target-server.ts';
import { restoreRoles } from './restore-roles.ts';

/** How a database of a cluster, or its roles, came back. */
export interface RestoredPart {
  /** `main/shop`. */
  name: string;
  /** Null for the roles. */
  database: string | null;
  result: 'restored' | 'failed' | 'skipped';
  /** Null where there is none. */
  backupId: number | null;
  /** When the backup was made. */
  startedAt: string | null;
  /** So much of the dump was restored. */
  dumpBytes: number | null;
  /** Why it did not come back. */
  error: string | null;
}

interface ClusterRequest {
  cluster: ServerRecord;
  /** `latest`, or a time: of each database the last good backup that was begun by then. */
  at: string;
  /** The server that gets the databases, by one that is there. */
  to: Connection;
  passwords: (part: ServerRecord) => ArchivePasswords;
  options: Pick<TargetOptions, 'parts' | 'analyze' | 'onWait' | 'maintenanceDatabase'>;
  lockWaitSeconds: number | undefined;
  allowsUnencrypted: boolean;
  from: string | undefined;
}

const BY_ID = /^\d+$/;

/**
 * Brings a whole cluster back: its roles, then each of its databases, which the server must not have yet, or have without tables.
 * A database gets all of its backup or nothing. One that fails stops none of the others.
 */
export async function* restoreCluster(request: ClusterRequest, context: Context): AsyncGenerator<RestoredPart> {
  const { cluster, at, to } = request;
  const { catalog, signal } = context;
  if (BY_ID.test(at)) {
    throw new ConfigError(
      `backup ${at} is of one database, and --all-databases restores all of them`,
      'Name a time, such as --at "yesterday 10:15", or leave --at out for the newest backups.',
    );
  }
  // What is wrong with it is no reason to leave a database out.
  wishOf(at, context);
  const parts = await catalog.servers.partsOf(cluster);
  if (parts.every(({ lastSuccessRun }) => lastSuccessRun === undefined))
    throw new ConfigError(`there is no good backup of ${cluster.name} yet`);
  const maintenance = namesDatabase(to) ? to : connectionTo(to, request.options.maintenanceDatabase);
  const { database: server, facts } = await reach(maintenance, context).catch((error: unknown) => {
    throw correctedBy('--to ', to, error);
  });
  const options = { ...request.options, maintenanceDatabase: facts.database };
  for (const part of parts) {
    signal.throwIfAborted();
    const { database = null, goneAt } = part.partOf ?? {};
    const about = { name: part.name, database, backupId: null, startedAt: null, dumpBytes: null, error: null };
    // Before it was gone it was a part of the cluster as well.
    if (goneAt !== undefined && at === 'latest') continue;
    let point: RestorePoint;
    try {
      point = await findPoint(part, at, context);
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      const isNewer = at !== 'latest' && (await catalog.backups.oldestPoint(part.id)) !== undefined;
      yield { ...about, result: isNewer ? 'skipped' : 'failed', error: failureText(describeFailure(error, [], part)) };
      continue;
    }
    const found = { ...about, backupId: point.backupId, startedAt: point.startedAt.toISOString() };
    try {
      const exists = database !== null && (await hasDatabase(server, database));
      const dumpBytes = await restorePart({ ...request, options }, { part, point, exists, maintenance }, context);
      yield { ...found, result: 'restored', dumpBytes };
    } catch (error) {
      signal.throwIfAborted();
      const failure = describeFailure(error, [], part);
      yield { ...found, result: 'failed', error: failureText(failure) };
    }
  }
}

async function restorePart(
  { to, passwords, options, lockWaitSeconds: patience, allowsUnencrypted, from }: ClusterRequest,
  {
    part,
    point,
    exists,
    maintenance,
  }: { part: ServerRecord; point: RestorePoint; exists: boolean; maintenance: Connection },
  context: Context,
): Promise<number> {
  const lockWaitSeconds = patience ?? part.lockWaitSeconds;
  const asTyped = `restore ${part.name} --at ${point.backupId} --to URL`;
  const archive = { server: part, point, passwords: passwords(part), allowsUnencrypted, from, asTyped };
  const { database } = part.partOf ?? {};
  if (database === undefined) return await restoreRoles({ ...archive, to: maintenance, lockWaitSeconds }, context);
  const means = { create: !exists, settles: true, clean: false, globals: false, jobs: 1 };
  const { target, plan } = await openTarget(
    connectionTo(to, database),
    point,
    { ...options, ...means, lockWaitSeconds },
    context,
  );
  for (const line of plan) context.report({ type: 'note', message: line });
  const { dumpBytes } = await restore({ ...archive, target }, context);
  return dumpBytes;
}
