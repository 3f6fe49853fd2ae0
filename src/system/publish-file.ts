import { link, lstat, open, rename, unlink } from 'node:fs/promises';
import { errorCode } from '../core/errors.ts';

/**
 * Gives a finished file the first free of its names, `nameOf(1)`, `nameOf(2)`, never overwrites another file, and
 * returns the name, which survives a power cut once the caller has flushed the directory. `nameOf` may throw to give up.
 */
export async function publishFile(partial: string, nameOf: (attempt: number) => string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = nameOf(attempt);
    // A hard link fails where the name is taken.
    const failure = await link(partial, path).catch((error: unknown) => ({ error }));
    if (failure === undefined) await unlink(partial);
    else {
      const code = errorCode(failure.error);
      if (code === 'EEXIST') continue;
      // exFAT and some network shares have no links: a look has to do there.
      if (!NO_LINKS.has(code)) throw failure.error;
      if (await isTaken(path)) continue;
      await rename(partial, path);
    }
    return path;
  }
}

const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A dangling link takes a name as well. A look that fails is no answer: a rename could replace a file. */
async function isTaken(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
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
