import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { describeFailure } from '../core/errors.ts';
import { objectNameOf } from '../server/names.ts';
import { resolveSettings } from '../server/settings.ts';
import { storageFor } from '../server/storage-at.ts';
import { printPlace } from '../storage/place.ts';
import { adoptStored } from './adopt-stored.ts';
import { sweepTemporary } from './temporary.ts';

/**
 * Clears away the leftovers of a killed run: temporary directories, unfinished uploads, archives that were stored and
 * not recorded, and rows that still say "running". Only the holder of the run lock may call it: without the lock they
 * may belong to a run that is alive. Leftovers that cannot be cleared are reported, and the next run tries again.
 */
export async function cleanLeftovers(context: Context): Promise<void> {
  const { backups } = context.catalog;
  for (const message of await sweepTemporary(context)) context.report({ type: 'cleaned', message });
  for (const attempt of await backups.interrupted()) {
    const began = attempt.startedAt.toISOString();
    context.report({
      type: 'cleaned',
      message: `the backup of ${attempt.serverName} that began at ${began} was interrupted`,
    });
    const adopted = await settle(attempt, context);
    if (adopted === undefined || adopted.includes(attempt.backupId)) continue;
    const kept = adopted.length === 0 ? '' : `. Its archive was stored all the same, as backup ${adopted.join(', ')}`;
    await backups.fail(attempt.backupId, {
      finishedAt: context.clock.now(),
      error: `interrupted: pgbak was killed, or the machine stopped, before the backup ended${kept}`,
      warnings: attempt.warnings,
      isAdopted: adopted.length > 0,
    });
  }
  for (const attempt of await backups.unsettled()) {
    if ((await settle(attempt, context)) !== undefined) await backups.noteUnsettled(attempt.backupId, false);
  }
}

/**
 * Settles one attempt: records the archives that it stored and the copies that it lacks, and sweeps its unfinished uploads. Returns
 * the ids of the backups that came of it; undefined where storage did not answer and the next run must try again.
 */
async function settle(attempt: BackupRecord, context: Context): Promise<number[] | undefined> {
  const own = (await countStored(attempt, context)) ? [attempt.backupId] : [];
  const server = attempt.serverId === undefined ? undefined : await context.catalog.servers.find(attempt.serverId);
  if (server === undefined) return own;
  try {
    const settings = resolveSettings(server, context.environment, { format: attempt.format });
    const places = settings.destinations.map(({ destination }) => printPlace(destination));
    await noteLacking(own, places, context);
    const found: number[] = [];
    const problems: unknown[] = [];
    for (const { destination } of settings.destinations) {
      try {
        const storage = await storageFor(destination, context.catalog);
        const swept = await storage.sweep(objectNameOf(settings.archiveName, settings.format), context.signal);
        for (const message of swept) context.report({ type: 'cleaned', message });
        found.push(...(await adoptStored(attempt, server, storage, context)));
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push(error);
      }
    }
    const adopted = [...new Set(found)].filter((id) => id !== attempt.backupId);
    if (adopted.length > 0) context.report({ type: 'cleaned', message: adoptedMessage(attempt, adopted) });
    await noteLacking(adopted, places, context);
    const backupIds = [...own, ...adopted];
    const [problem] = problems;
    if (problem === undefined) return backupIds;
    // What makes a missing copy sweeps its place, too.
    if (backupIds.length > 0) return backupIds;
    throw problem;
  } catch (error) {
    context.signal.throwIfAborted();
    const { message } = describeFailure(error);
    context.report({
      type: 'warning',
      server: server.name,
      message: `cannot remove in storage what an interrupted backup left: ${message}`,
    });
    // Its end is recorded by now, and would not lead here again.
    if (own.length > 0) await context.catalog.backups.noteUnsettled(attempt.backupId, true);
    return undefined;
  }
}

/** Notes that backups lack a copy in places of their server of which nothing is recorded, so that the next step makes it. */
async function noteLacking(
  backupIds: readonly number[],
  places: readonly string[],
  { catalog: { backups }, clock }: Context,
): Promise<void> {
  for (const id of backupIds) {
    const recorded = new Set((await backups.copiesOf(id)).map(({ place }) => place));
    // The server may store elsewhere by now.
    if (!places.some((place) => recorded.has(place))) continue;
    const error = 'pgbak was killed, or the machine stopped, before it was recorded there';
    for (const place of places.filter((one) => !recorded.has(one)))
      await backups.noteMissingCopy(id, { place, error }, clock.now());
  }
}

/** Records the end of an attempt that was stored, even where its server was deleted since. */
async function countStored(attempt: BackupRecord, { catalog, clock, report }: Context): Promise<boolean> {
  const { backupId, warnings, startedAt } = attempt;
  if (!(await catalog.backups.isOnlyStored(backupId))) return false;
  await catalog.backups.finish(backupId, { finishedAt: clock.now(), runStartedAt: startedAt, warnings });
  report({ type: 'cleaned', message: adoptedMessage(attempt, [backupId]) });
  return true;
}

function adoptedMessage({ serverName, startedAt }: BackupRecord, backupIds: readonly number[]): string {
  return `the archive of ${serverName} that began at ${startedAt.toISOString()} was stored but not recorded. It is backup ${backupIds.join(', ')} now`;
}
