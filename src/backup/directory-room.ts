import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ProgramError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';

/**
 * Says how much temporary disk a dump takes that is a directory, as all of it lies there until it is archived.
 *
 * @param lastBytes the size of the last such dump, where there is one
 * @throws ProgramError where the disk has less room than the last dump took
 */
export async function roomForDirectory(
  directoryPath: string,
  lastBytes: number | undefined,
  say: (message: string) => void,
): Promise<void> {
  const place = dirname(dirname(directoryPath));
  const { blocks, bavail, bsize } = await statfs(dirname(directoryPath));
  const freeBytes = bavail * bsize;
  const needs = lastBytes === undefined ? 'room for all of it' : `about ${formatBytes(lastBytes)}`;
  say(
    `the dump directory needs ${needs} in the temporary directory ${place}, where ${formatBytes(freeBytes)} are free`,
  );
  // A tmpfs without a limit reports 0 blocks.
  if (lastBytes === undefined || blocks === 0 || freeBytes >= lastBytes) return;
  throw new ProgramError(
    `not enough space in ${place}: the last dump directory had ${formatBytes(lastBytes)}, ${formatBytes(freeBytes)} are free`,
    'Nothing was dumped. Free some space there, set PGBAK_TMPDIR to a directory on a larger file system, or choose --format binary, which needs no such room.',
  );
}
