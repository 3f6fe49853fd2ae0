import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../core/errors.ts';

/**
 * Gives a finished file the first free of its names, `nameOf(1)`, `nameOf(2)`, never overwrites another file, and
 * returns the name. It survives a power cut. `nameOf` may throw to give up.
 */
export async function publishFile(partial: string, nameOf: (attempt: number) => string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = nameOf(attempt);
    // A hard link fails where the name is taken.
    const failure = await link(partial, path).catch((error: unknown) => ({ error }));
    if (failure === undefined) await unlink(partial);
    else if (errorCode(failure.error) === 'EEXIST' || (await isTaken(path))) continue;
    // exFAT and some network shares have no links: the look has to do.
    else await rename(partial, path);
    await syncDirectory(dirname(path));
    return path;
  }
}

/** A link that leads nowhere takes a name as well. */
async function isTaken(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Flushes a directory: only then does a new name in it survive a power cut (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    // Some network file systems do not support it for directories.
    if (errorCode(error) !== 'EINVAL' && errorCode(error) !== 'ENOTSUP') throw error;
  }
}
