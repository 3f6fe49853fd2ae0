import { LEVELS } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { StorageError } from '../core/errors.ts';
import type { ArchivePasswords } from '../restore/archive-passwords.ts';
import { asRestorePoint } from '../restore/choose-point.ts';
import type { GradedCopy } from '../restore/graded-copies.ts';
import type { ServerRecord } from '../server/server.ts';

/**
 * Proves a copy before it takes the place of another that was found bad: at the same level, unless that was done. All copies of a
 * backup have the same bytes, so the fault may be in each of them; a new copy of unproven bytes would only hide it.
 *
 * @param copies all copies of the backup that are held
 * @throws StorageError where the copy is found bad, or could not be looked at
 */
export async function proveSource(
  from: GradedCopy,
  copies: readonly GradedCopy[],
  { server, passwords }: { server: ServerRecord; passwords: ArchivePasswords },
  context: Context,
): Promise<void> {
  const wanted = Math.max(-1, ...copies.map(({ foundBad }) => (foundBad === undefined ? -1 : rankOf(foundBad.level))));
  const level = LEVELS[wanted];
  // What is gone, or has another size, says nothing of the others. Their checksums are compared while they are copied.
  if (level === undefined || level === 'remote') return;
  if (from.provenAt !== undefined && rankOf(from.provenAt) >= wanted) return;
  const [{ openScratchServer }, { verifyQuietly }] = await Promise.all([
    import('../restore/scratch/open-scratch.ts'),
    import('../restore/verify.ts'),
  ]);
  await using scratch = openScratchServer(undefined, context);
  const point = asRestorePoint(from);
  const request = { level, server, point, passwords: () => passwords, scratch };
  const { verdict, message } = await verifyQuietly(request, context);
  if (verdict === 'good') return;
  const what = verdict === 'bad' ? 'was found bad too' : 'could not be verified';
  throw new StorageError(`the copy in ${point.place} ${what}, at level ${level}: ${message}`);
}

function rankOf(level: (typeof LEVELS)[number]): number {
  return LEVELS.indexOf(level);
}
