import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { describeFailure } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';
import { storageToPrune } from '../server/storage-at.ts';

/**
 * Removes a copy that was found bad, once the same place holds a good one. Where storage does not remove it, pgbak gives it up, so
 * that it counts nowhere any more, and says where it lies.
 */
export async function removeBad(
  { backupId, place, objectId: id, objectName: name }: BackupRecord,
  server: ServerRecord,
  context: Context,
): Promise<void> {
  if (place === undefined || id === undefined || name === undefined) return;
  const { catalog, clock, report, signal } = context;
  // Where the bad one was gone, the new one may have its name.
  const isTaken = (await catalog.backups.sharing(place, id)).some((other) => other !== backupId);
  try {
    if (!isTaken) {
      const storage = await storageToPrune({ place }, server, context);
      await catalog.backups.noteRemoving([backupId], clock.now());
      await storage.remove({ id, name }, signal);
    }
    await catalog.backups.noteRemoved([backupId], clock.now());
  } catch (error) {
    signal.throwIfAborted();
    await catalog.backups.noteRemoving([backupId], undefined);
    await catalog.places.giveUp(place, clock.now(), [id]);
    const { message } = describeFailure(error);
    report({
      type: 'warning',
      server: server.name,
      message: `${place} holds a good copy now, but the bad one (${id}) is still there, too: ${message}. Remove it by hand`,
    });
  }
}
