import { StorageError } from '../../core/errors.ts';
import type { RcloneClient } from './client.ts';
import { RcloneFailure } from './failure.ts';
import { thereOf } from './questions.ts';

/**
 * Removes files of one folder, in this order, and asks which are left (https://rclone.org/commands/rclone_deletefile/). One that
 * is gone already is no error. Where one cannot be removed, those that follow stay as well.
 */
export async function removeFiles(client: RcloneClient, files: readonly string[], signal: AbortSignal): Promise<void> {
  for (const file of files) {
    const failure: unknown = await client.ask(['deletefile', client.at(file)], { signal }).then(
      () => undefined,
      (error: unknown) => error,
    );
    signal.throwIfAborted();
    if (failure === undefined) continue;
    if (!(failure instanceof RcloneFailure) || (await thereOf(client, [file], signal)).size > 0) throw failure;
  }
  if (files.length === 0) return;
  const [left] = (await thereOf(client, files, signal)).keys();
  if (left === undefined) return;
  throw new StorageError(
    `${client.at(left)} is still there, though rclone reported that it was removed`,
    'Look at it, and remove it by hand.',
  );
}
