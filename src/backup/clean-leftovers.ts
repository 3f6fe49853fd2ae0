import { objectNameOf } from '../config/archive-name.ts';
import type { ServerRecord } from '../config/server.ts';
import { describeFailure } from './describe-failure.ts';
import type { Tools } from './tools.ts';

/**
 * Clears away what a run left that was killed or lost its power: temporary directories, unfinished uploads and rows
 * that still say "running". Only the holder of the run lock may call it, since only then is every such thing certain
 * to be a leftover. What cannot be cleared is told and tried again next time.
 */
export async function cleanLeftovers(tools: Tools): Promise<void> {
  for (const message of await tools.sweepTemporaryDirectories()) tools.report({ type: 'cleaned', message });
  for (const attempt of await tools.catalog.backups.interrupted()) {
    const began = attempt.startedAt.toISOString();
    tools.report({ type: 'cleaned', message: `the backup of ${attempt.serverName} begun at ${began} was cut off` });
    const server = attempt.serverId === undefined ? undefined : await tools.catalog.servers.find(attempt.serverId);
    if (server !== undefined && !(await sweepStorage({ ...server, format: attempt.format ?? server.format }, tools))) {
      continue;
    }
    await tools.catalog.backups.fail(attempt.backupId, {
      finishedAt: tools.clock.now(),
      error: 'cut off: pgbak was killed or the machine went down before the backup ended',
      warnings: attempt.warnings,
    });
  }
}

/** Whether storage was swept; false asks for another try at the next run. */
async function sweepStorage(server: ServerRecord, tools: Tools): Promise<boolean> {
  try {
    const settings = tools.settingsFor(server);
    const storage = await tools.storageFor(settings.destination);
    const swept = await storage.sweep(objectNameOf(settings.archiveName, settings.format), tools.signal);
    for (const message of swept) tools.report({ type: 'cleaned', message });
    return true;
  } catch (error) {
    const { message } = describeFailure(error, undefined);
    tools.report({ type: 'warning', server: server.name, message: `leftovers in storage remain: ${message}` });
    return false;
  }
}
