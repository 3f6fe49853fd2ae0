import { lstat, realpath } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { errorCode, StorageError } from '../../core/errors.ts';

/**
 * Proves that what is about to be removed is a file of its own, below the directory: a link, or a folder on the way that
 * leads elsewhere, was put there by somebody else.
 */
export async function checkIsOwnFile(directory: string, path: string): Promise<void> {
  try {
    const stats = await lstat(path);
    const way = relative(await realpath(directory), await realpath(dirname(path)));
    if (stats.isFile() && !way.startsWith('..') && !way.startsWith('/')) return;
  } catch (error) {
    // What is gone already need not be removed.
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  throw new StorageError(`${path} is not a file in ${directory}, and was left`, 'Look at it, and remove it by hand.');
}
