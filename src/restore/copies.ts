import type { Context } from '../core/context.ts';
import { ArchiveError, ConfigError, StorageError } from '../core/errors.ts';
import { placeNamed } from '../server/destination.ts';
import { asRestorePoint, type RestorePoint } from './choose-point.ts';
import { gradedCopies, heldAmong } from './graded-copies.ts';
import { withArchive, type ArchiveRequest, type OpenArchive } from './open-archive.ts';

/**
 * The copies of a restore point that its places should hold, the one that is read first at the beginning, and those that were found
 * bad at the end.
 *
 * @param from only the one in this place or destination
 * @throws ConfigError where that has none
 */
export async function copiesOf(
  point: RestorePoint,
  from: string | undefined,
  { catalog, environment }: Context,
): Promise<RestorePoint[]> {
  const rows = heldAmong(await gradedCopies(point.copyOf ?? point.backupId, catalog));
  const held = rows.map((row) => asRestorePoint(row));
  // A failed backup that was stored is not among them.
  const copies = held.length === 0 ? [point] : held;
  if (from === undefined) return copies;
  const place = placeNamed(from, environment);
  const there = copies.filter((copy) => copy.place === place);
  if (there.length > 0) return there;
  throw new ConfigError(
    `${place} has no copy of backup ${point.backupId}`,
    `It is in ${copies.map((copy) => copy.place).join(' and ')}.`,
  );
}

/**
 * Opens the first copy of a backup that can be had and is what was stored, and tells when it had to go on to another.
 *
 * @throws what `withArchive` does of the last copy
 */
export async function withAnyCopy<T>(
  { copies, ...request }: Omit<ArchiveRequest, 'point'> & { copies: readonly RestorePoint[] },
  context: Context,
  use: (archive: OpenArchive, point: RestorePoint) => Promise<T>,
): Promise<T> {
  for (const [index, point] of copies.entries()) {
    const next = copies[index + 1];
    let isOpen = false;
    try {
      context.report({ type: 'step', message: `fetching ${point.objectName} from ${point.place}` });
      return await withArchive({ ...request, point }, context, async (archive) => {
        isOpen = true;
        return await use(archive, point);
      });
    } catch (error) {
      context.signal.throwIfAborted();
      const isOfThisCopy =
        error instanceof StorageError || error instanceof ArchiveError || error instanceof ConfigError;
      if (isOpen || next === undefined || !isOfThisCopy) throw error;
      context.report({
        type: 'warning',
        server: request.server.name,
        message: `the copy in ${point.place} cannot be used: ${error.message}. Going on with the one in ${next.place}`,
      });
    }
  }
  throw new Error('a restore point without a copy');
}
