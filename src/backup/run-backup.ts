import { objectNameOf } from '../server/archive-name.ts';
import type { ServerRecord } from '../server/server.ts';
import { archiveKindOf, type ServerSettings, type SettingsOverrides } from '../server/settings.ts';
import { ArchiveError, StorageError } from '../core/errors.ts';
import { asRestorePoint } from '../restore/choose-point.ts';
import { autoPrune } from '../retention/auto-prune.ts';
import { DOUBTFUL_TIMES_HINT, doubtfulTimes } from '../core/doubtful-times.ts';
import { describeFailure, failureText, type Failure } from './describe-failure.ts';
import { makeBackup } from './make-backup.ts';
import type { Outcome } from './outcome.ts';
import { pingsFor } from './pings.ts';
import type { Tools } from './tools.ts';

export interface RunBackupOptions {
  /** When the whole run began: due times count from it. */
  runStartedAt: Date;
  acceptSize: boolean;
  overrides: SettingsOverrides;
}

/**
 * One backup from its first check to its last ping. Never rejects: every failure is reported, recorded, pinged
 * and returned, so that one server's failure never stops the next. Success is recorded before anyone is told of it.
 */
export async function runBackup(
  server: ServerRecord,
  { runStartedAt, acceptSize, overrides }: RunBackupOptions,
  tools: Tools,
): Promise<Outcome> {
  const { catalog, clock, report } = tools;
  const startedAt = clock.now();
  const warnings: string[] = [];
  const warn = (message: string) => {
    warnings.push(message);
    report({ type: 'warning', server: server.name, message });
  };
  const elapsedMs = () => clock.now().getTime() - startedAt.getTime();
  const identity = { serverId: server.id, name: server.name };

  report({ type: 'started', server: server.name });
  const pings = pingsFor(server, warn, tools);
  let attempt: number | undefined;
  let isUnsettled = false;
  let settings: ServerSettings | undefined;
  try {
    const kind = archiveKindOf(server, overrides);
    const objectName = objectNameOf(server.archiveName, kind.format);
    const backupId = await catalog.backups.start({ serverId: server.id, startedAt, ...kind, objectName });
    attempt = backupId;
    settings = tools.settingsFor(server, overrides);
    tools.checkConnection(settings.connectionString);
    const doubtful = doubtfulTimes(await catalog.backups.ahead(startedAt, server.id), startedAt);
    if (doubtful !== undefined) warn(`${doubtful}. ${DOUBTFUL_TIMES_HINT}`);
    await pings.started();
    const onUnsettled = () => void (isUnsettled = true);
    const stored = await makeBackup({ server, settings, startedAt, acceptSize, warn, onUnsettled }, tools);
    if (isUnsettled) await catalog.backups.noteUnsettled(backupId, true);
    const { sizeBytes, place } = stored;
    // The next run finishes what could not be recorded.
    const record = (step: () => Promise<void>) => recording(stored, objectName, step, onUnsettled);
    await record(() => catalog.backups.noteStored(backupId, stored));
    await verifyNew(backupId, server, settings, tools, warn);
    await record(() => catalog.backups.finish(backupId, { finishedAt: clock.now(), runStartedAt, warnings }));
    await pruneAfter(server, backupId, warnings, warn, tools);
    const durationMs = elapsedMs();
    report({ type: 'succeeded', server: server.name, sizeBytes, durationMs, place, objectName });
    await pings.succeeded([`${sizeBytes} bytes stored as ${place}/${objectName}`, ...warnings].join('\n'));
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
    const failure = describeFailure(error, settings);
    if (isUnsettled && attempt !== undefined) await catalog.backups.noteUnsettled(attempt, true).catch(() => {});
    await recordFailure(attempt, failure, warnings, tools, warn);
    const { message, hint, stack } = failure;
    report({
      type: 'failed',
      server: server.name,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(stack === undefined ? {} : { stack }),
    });
    await pings.failed([failureText(failure), ...warnings].join('\n'));
    return {
      ...identity,
      status: 'failed',
      ...(attempt === undefined ? {} : { backupId: attempt }),
      durationMs: elapsedMs(),
      warnings,
      error: failureText(failure),
      interrupted: failure.interrupted,
    };
  }
}

/** A result that is not recorded is no success; what is stored all the same must not be lost with it. */
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
    const { message, hint } = describeFailure(error, undefined);
    const where = place.startsWith('file:') ? objectId : `${place}/${objectName} (${objectId})`;
    throw new StorageError(
      `the backup is stored as ${where}, but it is not recorded: ${message}`,
      `${hint ?? ''} Then take it into the catalogue: pgbak catalog rebuild --from ${place}`.trim(),
    );
  }
}

/** The backup is recorded as a success by now: nothing that fails here may take that back. */
async function pruneAfter(
  server: ServerRecord,
  backupId: number,
  warnings: readonly string[],
  warn: (message: string) => void,
  tools: Tools,
): Promise<void> {
  const warned = warnings.length;
  await autoPrune(server, backupId, warn, tools);
  if (warnings.length === warned) return;
  try {
    await tools.catalog.backups.setWarnings(backupId, warnings);
  } catch (error) {
    warn(`these warnings could not be recorded in the catalogue: ${describeFailure(error, undefined).message}`);
  }
}

/** What cannot be read back is no backup, though it was stored. */
async function verifyNew(
  backupId: number,
  server: ServerRecord,
  settings: ServerSettings,
  tools: Tools,
  warn: (message: string) => void,
): Promise<void> {
  const { verifyAfter: level, name } = server;
  const backup = level === 'none' ? undefined : await tools.catalog.backups.find(backupId);
  if (level === 'none' || backup === undefined) return;
  tools.report({ type: 'phase', server: name, phase: 'verifying', detail: `at level ${level}` });
  const { verdict, message } = await tools
    .verify(level, server, asRestorePoint(backup), settings.archivePassword)
    // A signal, or a catalogue that cannot be written to, says nothing of a backup that is stored.
    .catch((error: unknown) => ({ verdict: 'unknown', message: describeFailure(error, settings).message }));
  if (verdict === 'good') return;
  // That it could not be looked at proves nothing about it.
  if (verdict === 'unknown') {
    warn(`it is not known whether it can be restored (verified at level ${level}): ${message}`);
    return;
  }
  throw new ArchiveError(
    `it was stored, but the verification at level ${level} failed: ${message}`,
    `It does not count as a backup. Look at it again with: pgbak verify ${name} --at ${backupId} --level ${level}`,
  );
}

/** A catalogue that cannot be written to (a full disk) must not keep the failure from being told. */
async function recordFailure(
  backupId: number | undefined,
  failure: Failure,
  warnings: readonly string[],
  { catalog, clock }: Pick<Tools, 'catalog' | 'clock'>,
  warn: (message: string) => void,
): Promise<void> {
  if (backupId === undefined) return;
  try {
    await catalog.backups.fail(backupId, { finishedAt: clock.now(), error: failureText(failure), warnings });
  } catch (error) {
    warn(`the failure could not be recorded in the catalogue: ${describeFailure(error, undefined).message}`);
  }
}
