import { whereOf } from '../storage/place.ts';
import type { Context } from '../core/context.ts';
import { DOUBTFUL_TIMES_HINT, doubtfulTimes } from '../core/doubtful-times.ts';
import { describeFailure, failureText } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { parseConnection } from '../postgres/connection.ts';
import { lapsedEncryption } from '../monitor/lapsed-encryption.ts';
import { gradedCopies } from '../restore/graded-copies.ts';
import type { ScratchServer } from '../restore/scratch/open-scratch.ts';
import { autoPrune } from '../retention/auto-prune.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerRecord } from '../server/server.ts';
import {
  archiveKindOf,
  resolveSettings,
  settingSecrets,
  type ServerSettings,
  type SettingsOverrides,
} from '../server/settings.ts';
import { completeCopies, type CompletedCopy, type MissingCopy } from './complete-copies.ts';
import { copyStates, elsewhere, missingInWords } from './copies-in-words.ts';
import { makeBackup } from './make-backup.ts';
import type { Outcome } from './outcome.ts';
import type { ClusterPings } from './cluster-pings.ts';
import { forgetAttempt, wasDropped } from './dropped-database.ts';
import { pingsFor } from './pings.ts';
import { roomOpener, type OpenRoom } from './archive-room.ts';
import { recordCopies } from './record-copies.ts';
import { recordFailure, recording } from './record-result.ts';
import type { RunUnit } from './run-unit.ts';
import { verifyNew, type VerifyBackup } from './verify-new.ts';

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
  /** The pings of its cluster. */
  pings: ClusterPings | undefined;
}

/** A run that backs up one server after another, or several at once. */
export interface Run extends AsyncDisposable {
  /** Never rejects: see `runBackup`. */
  backUp(unit: RunUnit, turn: Turn): Promise<Outcome>;
  /** Makes copies of earlier backups that are missing; see `completeCopies`. */
  complete(server: ServerRecord, missing: readonly MissingCopy[]): Promise<CompletedCopy[]>;
}

/** State that the backups of a run share. */
interface Shared extends RunOptions {
  openRoom: OpenRoom;
  verify: VerifyBackup;
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
    backUp: (unit, turn) => runBackup(unit, turn, shared, context),
    complete: (server, missing) => completeCopies(missing, server, shared.openRoom, context),
    [Symbol.asyncDispose]: async () => await scratch?.[Symbol.asyncDispose](),
  };
}

const NOTHING_STORED = 'Nothing was stored for it. The next run backs it up.';

/**
 * One backup from its first check to its last ping. Never rejects: every failure is reported, recorded, pinged
 * and returned, so that one server's failure never stops the next. Success is recorded before anyone is told of it.
 */
async function runBackup(unit: RunUnit, turn: Turn, shared: Shared, context: Context): Promise<Outcome> {
  const { server } = unit;
  const { catalog, clock, environment, report } = context;
  const startedAt = clock.now();
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    report({ type: 'warning', server: server.name, message });
  };
  const elapsedMs = () => clock.now().getTime() - startedAt.getTime();
  const identity = { serverId: server.id, name: server.name };

  report({ type: 'started', server: server.name, number: turn.number, count: turn.count });
  const pings = turn.pings?.ofPart(warn) ?? pingsFor(server, warn, context);
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
    unit.warnings?.forEach((warning) => warn(warning));
    if (unit.obstacle !== undefined) throw unit.obstacle;
    const onUnsettled = () => void (isUnsettled = true);
    const request = { server, settings, startedAt, acceptSize, openRoom, warn, onUnsettled };
    const made = await makeBackup(request, context);
    const { stored } = made;
    if (isUnsettled) await catalog.backups.noteUnsettled(backupId, true);
    const { sizeBytes, place } = stored;
    // The next run finishes what could not be recorded.
    const record = (step: () => Promise<void>) => recording(stored, objectName, step, onUnsettled);
    isStored = true;
    await record(() => catalog.backups.noteStored(backupId, stored));
    await record(async () => await recordCopies(backupId, made, server.name, context));
    await verifyNew(backupId, { server, settings, verify: shared.verify, warn }, context);
    await record(() =>
      catalog.backups.finish(backupId, { finishedAt: clock.now(), runStartedAt: shared.startedAt, warnings }),
    );
    // Places that take only whole archives get theirs out of another place.
    const left = made.left.map((where) => ({ copyOf: backupId, place: where }));
    await completeCopies(left, server, openRoom, context).catch((error: unknown) => {
      // The backup is recorded as good, and the next run makes the copies: no signal and no full disk makes a failure of it.
      warn(`cannot make the copies that are missing: ${describeFailure(error).message}`);
    });
    await autoPrune(server, backupId, { warnings, warn }, context);
    const durationMs = elapsedMs();
    const where = whereOf({ place, objectName, objectId: stored.objectId });
    const copies = copyStates(await gradedCopies(backupId, catalog));
    const error = missingInWords(copies);
    report({ type: 'succeeded', server: server.name, sizeBytes, durationMs, where: `${where}${elsewhere(copies)}` });
    const told = [`${formatBytes(sizeBytes)} stored as ${where}${elsewhere(copies)}`, ...warnings];
    if (error === undefined) await pings.succeeded(told.join('\n'));
    else {
      report({ type: 'incomplete', server: server.name, message: error });
      await pings.failed([error, ...told].join('\n'));
    }
    return {
      ...identity,
      ...(error === undefined ? { status: 'success' } : { status: 'incomplete', error }),
      copies,
      backupId,
      objectName,
      objectId: stored.objectId,
      size: sizeBytes,
      rawSize: stored.rawSizeBytes,
      durationMs,
      warnings,
    };
  } catch (error) {
    if (attempt !== undefined && !isStored && (await wasDropped(server, context))) {
      await forgetAttempt(server, attempt, context);
      return { ...identity, status: 'skipped', reason: 'its database was dropped meanwhile' };
    }
    const { interrupted, ...failure } = describeFailure(error, settingSecrets(settings), server);
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
