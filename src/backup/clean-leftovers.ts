import { objectNameOf } from '../server/archive-name.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import type { ServerRecord } from '../server/server.ts';
import { adoptStored } from './adopt-stored.ts';
import { describeFailure } from './describe-failure.ts';
import type { Tools } from './tools.ts';

/**
 * Clears away what a run left that was killed or lost its power: temporary directories, unfinished uploads, archives that
 * were stored and not recorded, and rows that still say "running". Only the holder of the run lock may call it, since only
 * then is every such thing certain to be a leftover. What cannot be cleared is told and tried again next time.
 */
export async function cleanLeftovers(tools: Tools): Promise<void> {
  const { backups } = tools.catalog;
  for (const message of await tools.sweepTemporaryDirectories()) tools.report({ type: 'cleaned', message });
  for (const attempt of await backups.interrupted()) {
    const began = attempt.startedAt.toISOString();
    tools.report({ type: 'cleaned', message: `the backup of ${attempt.serverName} begun at ${began} was cut off` });
    const adopted = await settle(attempt, tools);
    if (adopted === undefined || adopted.includes(attempt.backupId)) continue;
    const kept = adopted.length === 0 ? '' : `; its archive was stored all the same, as backup ${adopted.join(', ')}`;
    await backups.fail(attempt.backupId, {
      finishedAt: tools.clock.now(),
      error: `cut off: pgbak was killed or the machine went down before the backup ended${kept}`,
      warnings: attempt.warnings,
    });
  }
  for (const attempt of await backups.unsettled()) {
    if ((await settle(attempt, tools)) !== undefined) await backups.noteUnsettled(attempt.backupId, false);
  }
}

/**
 * Counts what the attempt has stored, sweeps storage and takes in what lies there of it; undefined asks for another try at
 * the next run.
 */
async function settle(attempt: BackupRecord, tools: Tools): Promise<number[] | undefined> {
  const own = (await countStored(attempt, tools)) ? [attempt.backupId] : [];
  const server = attempt.serverId === undefined ? undefined : await tools.catalog.servers.find(attempt.serverId);
  if (server === undefined) return own;
  try {
    return [...own, ...(await settleStorage(attempt, server, tools))];
  } catch (error) {
    tools.signal.throwIfAborted();
    const { message } = describeFailure(error, undefined);
    tools.report({ type: 'warning', server: server.name, message: `leftovers in storage remain: ${message}` });
    return undefined;
  }
}

/** An attempt of which only the end was not recorded is the backup that it is, also where its server was deleted since. */
async function countStored(attempt: BackupRecord, { catalog, clock, report }: Tools): Promise<boolean> {
  const { backupId, warnings, startedAt } = attempt;
  if (!(await catalog.backups.isOnlyStored(backupId))) return false;
  await catalog.backups.finish(backupId, { finishedAt: clock.now(), runStartedAt: startedAt, warnings });
  report({ type: 'cleaned', message: adoptedMessage(attempt, [backupId]) });
  return true;
}

function adoptedMessage({ serverName, startedAt }: BackupRecord, backupIds: readonly number[]): string {
  return `the archive of ${serverName} begun at ${startedAt.toISOString()} was stored and not recorded: it is backup ${backupIds.join(', ')} now`;
}

async function settleStorage(attempt: BackupRecord, server: ServerRecord, tools: Tools): Promise<number[]> {
  const settings = tools.settingsFor(server, { format: attempt.format });
  const storage = await tools.storageFor(settings.destination);
  const swept = await storage.sweep(objectNameOf(settings.archiveName, settings.format), tools.signal);
  for (const message of swept) tools.report({ type: 'cleaned', message });
  const adopted = await adoptStored(attempt, server, { storage, settings }, tools);
  if (adopted.length > 0) tools.report({ type: 'cleaned', message: adoptedMessage(attempt, adopted) });
  return adopted;
}
