import type { Context } from '../core/context.ts';
import { describeFailure, failureText } from '../core/errors.ts';
import type { MadeBackup } from './make-backup.ts';

const WAITS = 'it takes only whole archives, and gets a copy of another place';

/** Records the further copies of a new backup: those that are stored, and those that are missing, with the reason. */
export async function recordCopies(
  backupId: number,
  { copies, missing, left }: MadeBackup,
  serverName: string,
  { catalog: { backups }, clock }: Context,
): Promise<void> {
  for (const copy of copies) await backups.noteCopy(backupId, copy, clock.now());
  for (const place of left) await backups.noteMissingCopy(backupId, { place, error: WAITS }, clock.now());
  for (const { place, error } of missing) {
    const reason = failureText(describeFailure(error, [], serverName));
    await backups.noteMissingCopy(backupId, { place, error: reason }, clock.now());
  }
}
