import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { errorCode } from '../../core/errors.ts';

/**
 * Gives a finished file the first free of its names, `nameOf(1)`, `nameOf(2)`, and returns it. A hard link fails where
 * the name is taken, so that nothing is ever overwritten; on file systems without links (exFAT, some network shares) a
 * look before the rename has to do.
 */
export async function publish(partial: string, nameOf: (attempt: number) => string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = nameOf(attempt);
    try {
      await link(partial, path);
      await unlink(partial);
      return path;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') continue;
      if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
      if (await exists(path)) continue;
      await rename(partial, path);
      return path;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Only then has a new name in it survived a power cut (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } catch (error) {
    // Some network file systems do not know it for directories.
    if (errorCode(error) !== 'EINVAL' && errorCode(error) !== 'ENOTSUP') throw error;
  } finally {
    await directory.close();
  }
}
