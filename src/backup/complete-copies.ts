import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { ConfigError, describeFailure, failureText } from '../core/errors.ts';
import { candidatesOf, passwordsOf } from '../restore/archive-passwords.ts';
import type { ServerRecord } from '../server/server.ts';
import { storageOf } from '../server/storage-at.ts';
import { adoptStored } from './adopt-stored.ts';
import type { OpenRoom } from './archive-room.ts';
import { copyArchive } from './copy-archive.ts';

/** A copy that is missing: of which backup, and where. */
export type MissingCopy = Pick<BackupRecord, 'copyOf' | 'place'>;

/** What came of a copy that was missing. */
export interface CompletedCopy {
  backupId: number;
  place: string;
  /** Why it is missing still. */
  error?: string;
}

/**
 * Makes copies that are missing, each out of the first good copy of the same backup. What fails is recorded and returned: the next
 * run tries again. Rejects only when interrupted.
 *
 * @param missing the backup and the place of each
 */
export async function completeCopies(
  missing: readonly MissingCopy[],
  server: ServerRecord,
  openRoom: OpenRoom,
  context: Context,
): Promise<CompletedCopy[]> {
  const { catalog, clock, report, signal } = context;
  const completed: CompletedCopy[] = [];
  for (const { copyOf, place } of missing) {
    if (copyOf === undefined || place === undefined) continue;
    signal.throwIfAborted();
    try {
      await complete(copyOf, place, server, openRoom, context);
      report({ type: 'note', server: server.name, message: `copied backup ${copyOf} to ${place}` });
      completed.push({ backupId: copyOf, place });
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureText(describeFailure(error, [], server.name));
      await catalog.backups.noteMissingCopy(copyOf, { place, error: failure }, clock.now());
      report({ type: 'warning', server: server.name, message: `cannot copy backup ${copyOf} to ${place}: ${failure}` });
      completed.push({ backupId: copyOf, place, error: failure });
    }
  }
  return completed;
}

async function complete(
  backupId: number,
  place: string,
  server: ServerRecord,
  openRoom: OpenRoom,
  context: Context,
): Promise<void> {
  const { catalog, clock, environment, report, signal } = context;
  const target = await storageOf({ place }, server, context);
  const held = await catalog.backups.heldCopies(backupId);
  const [first] = held;
  if (first?.objectName === undefined) throw new ConfigError(`no copy of backup ${backupId} is left to copy from`);
  await target.prepare(first.objectName, signal);
  for (const message of await target.sweep(first.objectName, signal)) report({ type: 'cleaned', message });
  // One whose upload was cut off may be there all the same.
  if ((await adoptStored(first, server, target, context)).length > 0) return;
  const passwords = passwordsOf(server, environment, undefined);
  const problems: unknown[] = [];
  for (const from of held) {
    if (from.place === undefined) continue;
    try {
      const source = await storageOf({ place: from.place }, server, context);
      const copy = await copyArchive(
        {
          from,
          source,
          target,
          password: passwords.today,
          passwords: candidatesOf(passwords),
          openRoom,
          onTrouble: (message) => report({ type: 'note', server: server.name, message }),
        },
        context,
      );
      await catalog.backups.noteCopy(backupId, copy, clock.now());
      return;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(error);
    }
  }
  throw problems[0];
}
