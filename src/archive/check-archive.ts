import { ArchiveError } from '../core/errors.ts';
import { listArchive, type ArchiveLocation } from './list-archive.ts';
import { readHead } from './read-head.ts';

export interface ExpectedArchive extends ArchiveLocation {
  /** The dump. */
  entryName: string;
  /** How it must begin. */
  expectedStart: string;
  /** What else it holds. */
  otherEntries: readonly string[];
}

/**
 * Proves that an archive opens with its password, holds what it should and nothing else, and that the dump in it
 * begins as one does. Throws an `ArchiveError` otherwise.
 */
export async function checkArchive(expected: ExpectedArchive): Promise<{ rawSizeBytes: number }> {
  const looks = [
    listArchive(expected),
    readHead(expected, expected.entryName, Buffer.byteLength(expected.expectedStart)),
  ] as const;
  // Neither program is to outlive the other's failure.
  await Promise.allSettled(looks);
  const [entries, start] = await Promise.all(looks);
  const entry = entries.find(({ path }) => path === expected.entryName);
  const wanted = [...expected.otherEntries, expected.entryName].toSorted().join(', ');
  const found = entries.map(({ path }) => path).toSorted();
  if (entry === undefined || found.join(', ') !== wanted) {
    throw new ArchiveError(`the archive should hold ${wanted} and holds ${found.join(', ') || 'nothing'}`);
  }
  if (start.toString('latin1') !== expected.expectedStart) {
    throw new ArchiveError(
      `what was archived as ${expected.entryName} does not begin as a dump does`,
      'Nothing was stored. Run again; if it happens again, look whether PGBAK_PG_BIN names a real pg_dump.',
    );
  }
  return { rawSizeBytes: entry.sizeBytes };
}
