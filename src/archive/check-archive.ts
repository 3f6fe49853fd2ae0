import { ArchiveError } from '../errors.ts';
import { openEntry } from './open-entry.ts';
import { listArchive, type ArchiveLocation } from './list-archive.ts';

export interface ExpectedArchive extends ArchiveLocation {
  entryName: string;
  /** How the entry must begin. */
  expectedStart: string;
}

/**
 * Proves that an archive opens with its password, holds the one entry it should, and that this begins as a dump does.
 * Throws an `ArchiveError` otherwise.
 */
export async function checkArchive(expected: ExpectedArchive): Promise<{ rawSizeBytes: number }> {
  const entries = await listArchive(expected);
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1 || entry.path !== expected.entryName) {
    const found = entries.map(({ path }) => path).join(', ') || 'nothing';
    throw new ArchiveError(`the archive should hold ${expected.entryName} and holds ${found}`);
  }
  const start = await startOfEntry(expected, Buffer.byteLength(expected.expectedStart));
  if (start.toString('latin1') !== expected.expectedStart) {
    throw new ArchiveError(
      `what was archived as ${expected.entryName} does not begin as a dump does`,
      'Nothing was stored. Run again; if it happens again, look whether PGBAK_PG_BIN names a real pg_dump.',
    );
  }
  return { rawSizeBytes: entry.sizeBytes };
}

/** The first bytes of the entry; fewer where it has no more. */
async function startOfEntry(location: ArchiveLocation, lengthBytes: number): Promise<Buffer> {
  await using entry = openEntry(location);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of entry.stream) {
    chunks.push(Buffer.from(chunk));
    sizeBytes += Buffer.byteLength(chunk);
    if (sizeBytes >= lengthBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, lengthBytes);
}
