import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PartSum } from '../config/backup-record.ts';
import { ArchiveError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { RestorePoint } from './choose-point.ts';
import { compareChecksum } from './compare-checksum.ts';
import { nowhere } from './nowhere.ts';

export interface Fetch {
  point: RestorePoint;
  /** Of its parts, where only those are known. */
  partSums: readonly PartSum[] | undefined;
  storage: Storage;
  signal: AbortSignal;
  onProgress: (fetchedBytes: number) => void;
}

/**
 * Fetches a restore point's archive into a file, and proves by size and SHA-1s that it is the very one that was stored.
 *
 * @throws StorageError when it is gone or cannot be had, ArchiveError when it is not what the catalogue remembers
 */
export async function fetchArchive(fetch: Fetch, path: string): Promise<void> {
  await compare(fetch, createWriteStream(path, { mode: 0o600 }));
}

/** The same for an archive that can be read where it lies: only looked at. */
export async function checkArchiveInPlace(fetch: Fetch): Promise<void> {
  await compare(fetch, nowhere());
}

async function compare({ point, partSums, storage, signal, onProgress }: Fetch, sink: Writable): Promise<void> {
  const { objectId, objectName } = point;
  const source = await storage.get({ id: objectId, name: objectName }, signal);
  const comparison = compareChecksum({ ...point, ...(partSums === undefined ? {} : { partSums }) });
  let fetchedBytes = 0;
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        comparison.update(chunk);
        fetchedBytes += chunk.length;
        onProgress(fetchedBytes);
        yield chunk;
      }
    },
    sink,
    { signal },
  );
  const difference = comparison.difference();
  if (difference === undefined) return;
  throw new ArchiveError(
    `${objectName} in ${storage.place} is not the archive that was stored: it has ${difference}`,
    'It was changed or damaged where it is stored. Try an older one: pgbak backups',
  );
}
