import { directoryAt, whereOf } from '../storage/place.ts';
import type { Context } from '../core/context.ts';
import { DOUBTFUL_TIMES_HINT, doubtfulTimes } from '../core/doubtful-times.ts';
import { ArchiveError, describeFailure, type Failure, failureText, StorageError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import type { Secret } from '../core/secret.ts';
import { parseConnection } from '../postgres/connection.ts';
import { lapsedEncryption } from '../monitor/lapsed-encryption.ts';
import { asRestorePoint } from '../restore/choose-point.ts';
import type { ScratchServer } from '../restore/scratch/open-scratch.ts';
import type { Verification, VerifyRequest } from '../restore/verify.ts';
import { autoPrune } from '../retention/auto-prune.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerRecord } from '../server/server.ts';
import { archiveKindOf, resolveSettings, type ServerSettings, type SettingsOverrides } from '../server/settings.ts';
import { makeBackup } from './make-backup.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor } from './pings.ts';
import { roomOpener, type OpenRoom } from './archive-room.ts';

interface RunOptions {
  /** When the run began: due times count from it. */
  startedAt: Date;
  /** Let a suspicious size pass, once. */
  acceptSize: boolean;
  /** How many servers are backed up at once. */
  jobs: number;
  overrides: SettingsOverrides;
}

/** Which backup of the run it is: the `number`th of `count`. */
interface Turn {
  number: number;
  count: number;
}

/** A run that backs up one server after another, or several at once. */
export interface Run extends AsyncDisposable {
  /** Never rejects: see `runBackup`. */
  backUp(server: ServerRecord, turn: Turn): Promise<Outcome>;
}

/** State that the backups of a run share. */
interface Shared extends RunOptions {
  openRoom: OpenRoom;
  /** Verifies a new backup. Rejects only when interrupted. */
  verify: (request: Omit<VerifyRequest, 'scratch'>) => Promise<Verification>;
}

export function openRun(options: RunOptions, context: Context): Run {
  let scratch: ScratchServer | undefined;
  const shared: Shared = {
    ...options,
    openRoom: roomOpener(options.jobs, context),
    verify: async (request) => {
      const [{ openScratchServer }, { verify }] = await Promise.all([
        import('../restore/scratch/open-scratch.ts'),
        import('../restore/verify.ts'),
      ]);
      scratch ??= openScratchServer(undefined, context);
      return await verify({ ...request, scratch }, context);
    },
  };
  return {
    backUp: (server, turn) => runBackup(server, turn, shared, context),
    [Symbol.asyncDispose]: async () => await scratch?.[Symbol.asyncDispose](),
  };
}

const NOTHING_STORED = 'Nothing was stored for it. The next run backs it up.';

/**
 * One backup from its first check to its last ping. Never rejects: every failure is reported, recorded, pinged
 * and returned, so that one server's failure never stops the next. Success is recorded before anyone is told of it.
 */
async function runBackup(server: ServerRecord, turn: Turn, shared: Shared, context: Context): Promise<Outcome> {
  const { catalog, clock, environment, report } = context;
  const startedAt = clock.now();
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    report({ type: 'warning', server: server.name, message });
  };
  const elapsedMs = () => clock.now().getTime() - startedAt.getTime();
  const identity = { serverId: server.id, name: server.name };

  report({ type: 'started', server: server.name, ...turn });
  const pings = pingsFor(server, warn, context);
  let attempt: number | undefined;
  let isUnsettled = false;
  let isStored = false;
  let settings: ServerSettings | undefined;
  try {
    const { acceptSize, openRoom, overrides } = shared;
    const kind = archiveKindOf(server, overrides);
    const objectName = objectNameOf(server.archiveName, kind.format);
    const backupId = await catalog.backups.start({ serverId: server.id, startedAt, ...kind, objectName });
    attempt = backupId;
    settings = resolveSettings(server, environment, overrides);
    parseConnection(settings.connectionString);
    const doubtful = doubtfulTimes(await catalog.backups.ahead(startedAt, server.id), startedAt);
    if (doubtful !== undefined) warn(`${doubtful}. ${DOUBTFUL_TIMES_HINT}`);
    const lapsed = await lapsedEncryption(server, context);
    if (lapsed !== undefined) warn(`${lapsed.message}\n${lapsed.hint}`);
    await pings.started();
    const onUnsettled = () => void (isUnsettled = true);
    const request = { server, settings, startedAt, acceptSize, openRoom, warn, onUnsettled };
    const stored = await makeBackup(request, context);
    if (isUnsettled) await catalog.backups.noteUnsettled(backupId, true);
    const { sizeBytes, place } = stored;
    // The next run finishes what could not be recorded.
    const record = (step: () => Promise<void>) => recording(stored, objectName, step, onUnsettled);
    isStored = true;
    await record(() => catalog.backups.noteStored(backupId, stored));
    await verifyNew(backupId, server, settings, shared, context, warn);
    await record(() =>
      catalog.backups.finish(backupId, { finishedAt: clock.now(), runStartedAt: shared.startedAt, warnings }),
    );
    await autoPrune(server, backupId, { warnings, warn }, context);
    const durationMs = elapsedMs();
    const where = whereOf({ place, objectName, objectId: stored.objectId });
    report({ type: 'succeeded', server: server.name, sizeBytes, durationMs, where });
    await pings.succeeded([`${formatBytes(sizeBytes)} stored as ${where}`, ...warnings].join('\n'));
    return {
      ...identity,
      status: 'success',
      backupId,
      objectName,
      objectId: stored.objectId,
      size: sizeBytes,
      rawSize: stored.rawSizeBytes,
      durationMs,
      warnings,
    };
  } catch (error) {
    const { interrupted, ...failure } = describeFailure(error, secretsOf(settings), server.name);
    if (isUnsettled && attempt !== undefined) await catalog.backups.noteUnsettled(attempt, true).catch(() => {});
    await recordFailure(attempt, failure, warnings, context, warn);
    const left = interrupted && !isUnsettled && !isStored ? { hint: NOTHING_STORED } : {};
    report({ type: 'failed', server: server.name, ...failure, ...left });
    await pings.failed([failureText(failure), ...warnings].join('\n'));
    return {
      ...identity,
      status: 'failed',
      ...(attempt === undefined ? {} : { backupId: attempt }),
      durationMs: elapsedMs(),
      warnings,
      error: failureText(failure),
      interrupted,
    };
  }
}

function secretsOf(settings: ServerSettings | undefined): Secret[] {
  if (settings === undefined) return [];
  const { connectionString, archivePassword, destination } = settings;
  return [
    connectionString,
    ...(archivePassword === undefined ? [] : [archivePassword]),
    ...(destination.kind === 'b2' ? [destination.applicationKey] : []),
    ...(destination.kind === 's3' && destination.secretAccessKey !== undefined ? [destination.secretAccessKey] : []),
  ];
}

/** Records a result. A result that cannot be recorded is a failure, which tells how to find the archive again. */
async function recording(
  { place, objectId }: { place: string; objectId: string },
  objectName: string,
  record: () => Promise<void>,
  onUnsettled: () => void,
): Promise<void> {
  try {
    await record();
  } catch (error) {
    onUnsettled();
    const { message, hint } = describeFailure(error);
    const where = directoryAt(place) === undefined ? `${place}/${objectName} (${objectId})` : objectId;
    throw new StorageError(
      `the backup is stored as ${where}, but the catalogue could not record it: ${message}`,
      `${hint ?? ''} Then record the backup: pgbak catalog rebuild --from ${quoted(place)}`.trim(),
    );
  }
}

/** Verifies a new backup where its server asks for it. An archive that cannot be read back is no backup. */
async function verifyNew(
  backupId: number,
  server: ServerRecord,
  settings: ServerSettings,
  { verify }: Shared,
  context: Context,
  warn: (message: string) => void,
): Promise<void> {
  const { verifyAfter: level, name } = server;
  const backup = level === 'none' ? undefined : await context.catalog.backups.find(backupId);
  if (level === 'none' || backup === undefined) return;
  context.report({ type: 'phase', server: name, phase: 'verifying', detail: `at level ${level}` });
  const passwords = () => ({ today: settings.archivePassword, earlier: [] });
  const request = { level, server, point: asRestorePoint(backup), passwords };
  const { verdict, message } = await verify(request)
    // A signal or a full disk under the catalogue proves nothing about a stored backup.
    .catch((error: unknown) => ({
      verdict: 'unknown',
      message: describeFailure(error, secretsOf(settings)).message,
    }));
  if (verdict === 'good') return;
  // A backup that could not be looked at may well be good.
  if (verdict === 'unknown') {
    warn(`the backup is stored, but could not be verified at level ${level}: ${message}`);
    return;
  }
  throw new ArchiveError(
    `the backup is stored, but its verification at level ${level} failed: ${message}`,
    `It does not count as a backup. To verify it again: pgbak verify ${quoted(name)} --at ${backupId} --level ${level}`,
  );
}

/** Records a failure. A catalogue that cannot be written to (a full disk) must not prevent the fail ping. */
async function recordFailure(
  backupId: number | undefined,
  failure: Pick<Failure, 'message' | 'hint'>,
  warnings: readonly string[],
  { catalog, clock }: Context,
  warn: (message: string) => void,
): Promise<void> {
  if (backupId === undefined) return;
  try {
    await catalog.backups.fail(backupId, { finishedAt: clock.now(), error: failureText(failure), warnings });
  } catch (error) {
    warn(`cannot record the failure in the catalogue: ${describeFailure(error).message}`);
  }
}
