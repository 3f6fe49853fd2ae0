import { errorCode, errorMessage, PgbakError, StorageError } from '../../core/errors.ts';

const REASONS: Record<string, [string, string?]> = {
  ENOSPC: ['its file system is full', 'Free some space there.'],
  EDQUOT: ["this user's quota is used up", 'Free some space there or raise the quota.'],
  EACCES: ['this user may not', 'Give the user who runs pgbak the right to read and write there.'],
  EPERM: ['this user may not', 'Give the user who runs pgbak the right to read and write there.'],
  EROFS: ['its file system is read-only', 'Mount it for writing.'],
  ENOENT: ['there is no such file'],
  ENOTDIR: ['a part of the path is a file', 'Choose another destination or archive name.'],
  EEXIST: ['a file has this name', 'Choose another destination.'],
  EISDIR: ['it is a directory'],
  ENAMETOOLONG: ['the name is too long for its file system', 'Choose a shorter archive name.'],
  EIO: ['its disk reports an error', "Look at the kernel's log (dmesg) and check the disk."],
};

/** What a directory did wrong, in words; errors of pgbak itself stay as they are. */
export function directoryError(directory: string, what: string, error: unknown): PgbakError {
  if (error instanceof PgbakError) return error;
  const code = errorCode(error);
  const [reason, hint] = REASONS[code ?? ''] ?? [code ?? errorMessage(error)];
  return new StorageError(`the directory ${directory} ${what}: ${reason}`, hint);
}
