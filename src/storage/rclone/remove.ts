import { StorageError } from '../../core/errors.ts';
import type { RcloneClient } from './client.ts';
import { RcloneFailure } from './failure.ts';
import { statAt } from './questions.ts';

/** Removes a file and asks whether it is gone. One that is gone already is no error. */
export async function removeFile(client: RcloneClient, file: string, signal: AbortSignal): Promise<void> {
  const failure = await client.ask(['deletefile', client.at(file)], { signal }).then(
    () => undefined,
    (error: unknown) => error,
  );
  signal.throwIfAborted();
  if (failure !== undefined && !(failure instanceof RcloneFailure)) throw failure;
  const stored = await statAt(client, file, signal);
  if (stored === undefined) return;
  throw (
    failure ??
    new StorageError(
      `${client.at(file)} is still there, though rclone reported that it was removed`,
      'Look at it, and remove it by hand.',
    )
  );
}
