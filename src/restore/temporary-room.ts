import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode, RoomError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';

/** What is put into a temporary directory, and what for, in words. */
type Content = keyof typeof PURPOSES;

const PURPOSES = {
  archive: 'where pgbak checks it before it is opened',
  dump: 'where pgbak unpacks it beside its archive before it is loaded',
} as const;

/**
 * Fails before a file or a directory at `path` is written, not after gigabytes of it.
 *
 * @param sizeBytes how much will be written, where known
 * @throws RoomError where the file system of the directory above has less room
 */
export async function refuseWithoutRoom(path: string, sizeBytes: number | undefined, content: Content): Promise<void> {
  if (sizeBytes === undefined) return;
  const { blocks, bfree, bsize } = await statfs(dirname(path));
  const freeBytes = bfree * bsize;
  // A tmpfs without a limit reports 0 blocks.
  if (blocks > 0 && freeBytes < sizeBytes) {
    throw noRoom(path, `it has ${formatBytes(sizeBytes)}, and ${formatBytes(freeBytes)} are free there`, content);
  }
}

/** The same for an error of a write; undefined where it had another reason. */
export function withoutRoom(error: unknown, path: string, content: Content): RoomError | undefined {
  const code = errorCode(error);
  if (code === 'ENOSPC') return noRoom(path, 'its file system is full', content);
  if (code === 'EDQUOT') return noRoom(path, "this user's quota is used up", content);
  if (code === 'EFBIG') return noRoom(path, 'no file may become as large there', content);
  return undefined;
}

function noRoom(path: string, why: string, content: Content): RoomError {
  return new RoomError(
    `the ${content} does not fit into the temporary directory ${dirname(dirname(path))}, ${PURPOSES[content]}: ${why}`,
    'Free some space there, or set PGBAK_TMPDIR to a directory on a larger file system.',
  );
}
