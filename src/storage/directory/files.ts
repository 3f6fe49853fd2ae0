import { constants, type Stats } from 'node:fs';
import { copyFile, type FileHandle, lstat, open, realpath, rm, unlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { ArchiveError, errorCode, errorMessage, PgbakError, StorageError } from '../../core/errors.ts';
import { editCommand } from '../../core/server-hint.ts';

/** Large: at memory speed each call counts. */
export const READ_BYTES = 1 << 20;

/**
 * Opens an archive for reading. It must be a regular file: a fifo blocks without end, a device never ends, and a link may
 * lead anywhere.
 *
 * @throws ArchiveError for anything else
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a fifo waits for a writer (open(2)).
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY);
  } catch (error) {
    // A socket cannot be opened, and a link is refused in these ways.
    const code = errorCode(error);
    if (code === 'ELOOP' || code === 'EMLINK') throw notRegular(path, 'a symbolic link');
    if (code === 'ENXIO' || code === 'EOPNOTSUPP') throw notRegular(path, 'a socket or a device');
    throw error;
  }
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw notRegular(path, kindOf(stats));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  return stats.isFIFO() ? 'a fifo' : 'a device';
}

function notRegular(path: string, kind: string): ArchiveError {
  return new ArchiveError(`${path} is ${kind}, not the file that was stored`, 'Put the archive itself back there.');
}

/** Reads a file to its end and closes it. `failure` puts a read error into words. */
export async function* bytesOf(file: FileHandle, failure: (error: unknown) => Error): AsyncGenerator<Buffer> {
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw failure(error);
  } finally {
    await file.close();
  }
}

/**
 * Makes a copy that shares the blocks of a file, which takes no time and no space (ioctl_ficlone(2)). False where the file
 * system cannot.
 */
export async function cloneFile(file: FileHandle, name: string, path: string): Promise<boolean> {
  // The open file itself: its name may belong to another file by now.
  const source = process.platform === 'linux' ? `/proc/self/fd/${file.fd}` : name;
  try {
    await copyFile(source, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch {
    // This fails with many codes. The plain copy that follows tells the real error.
    await rm(path, { force: true });
    return false;
  }
}

/**
 * Proves, before a removal, that a path is a regular file inside the directory. pgbak makes no links that lead elsewhere.
 */
export async function checkIsOwnFile(directory: string, path: string): Promise<void> {
  try {
    const stats = await lstat(path);
    const way = relative(await realpath(directory), await realpath(dirname(path)));
    if (stats.isFile() && !way.startsWith('..') && !way.startsWith('/')) return;
  } catch (error) {
    // Gone already.
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  throw new StorageError(
    `${path} is not a file in ${directory}, and was not removed`,
    'Look at it, and remove it by hand.',
  );
}

/**
 * Removes a file; one that is gone is no error. Unlike `rm`, which takes what it may not remove for a directory, and then
 * fails with ENOTDIR.
 */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

export const OTHER_DIRECTORY = editCommand('--destination file:/other/dir');
const ELSEWHERE = `or choose another destination: ${OTHER_DIRECTORY}`;
export const MORE_SPACE = `Free some space there, ${ELSEWHERE}`;

const REASONS: Record<string, [string, string?]> = {
  ENOSPC: ['no space is left on its file system', MORE_SPACE],
  EDQUOT: ["this user's quota is used up", `Free some space there, raise the quota, ${ELSEWHERE}`],
  EACCES: ['permission denied', 'Let the user who runs pgbak read and write there.'],
  EPERM: ['permission denied', 'Let the user who runs pgbak read and write there.'],
  EROFS: ['its file system is read-only', 'Mount the file system for writing.'],
  ENOENT: ['there is no such file'],
  ENOTDIR: ['a part of the path is a file', `Choose another archive name, ${ELSEWHERE}`],
  EEXIST: ['a file has this name', `Choose another destination: ${OTHER_DIRECTORY}`],
  EISDIR: ['it is a directory'],
  ENAMETOOLONG: [
    'the name is too long for its file system',
    `Choose a shorter archive name: ${editCommand('--archive-name shop')}`,
  ],
  EIO: ['its disk reports an error', 'Check the disk, and the log of the kernel (dmesg).'],
};

/** The failure of a directory in words; `what` follows "cannot …". Errors of pgbak itself stay as they are. */
export function directoryError(what: string, error: unknown): PgbakError {
  if (error instanceof PgbakError) return error;
  const code = errorCode(error);
  const [reason, hint] = REASONS[code ?? ''] ?? [code ?? errorMessage(error)];
  return new StorageError(`cannot ${what}: ${reason}`, hint);
}
