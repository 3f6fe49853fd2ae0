import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ArchiveError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { RestorePoint } from './choose-point.ts';
import { nowhere } from './nowhere.ts';

export interface Fetch {
  point: RestorePoint;
  storage: Storage;
  signal: AbortSignal;
  onProgress: (fetchedBytes: number) => void;
}

/**
 * Fetches a restore point's archive into a file, and proves by size and SHA-1 that it is the very one that was stored.
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

async function compare({ point, storage, signal, onProgress }: Fetch, sink: Writable): Promise<void> {
  const { objectId, objectName, sizeBytes, sha1 } = point;
  const source = await storage.get({ id: objectId, name: objectName }, signal);
  const hash = createHash('sha1');
  let fetchedBytes = 0;
  await pipeline(
    source,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        fetchedBytes += chunk.length;
        onProgress(fetchedBytes);
        yield chunk;
      }
    },
    sink,
    { signal },
  );
  const found = hash.digest('hex');
  if (fetchedBytes === (sizeBytes ?? fetchedBytes) && found === (sha1 ?? found)) return;
  throw new ArchiveError(
    `${objectName} in ${storage.place} is not the archive that was stored: ${fetchedBytes} bytes with the SHA-1 ${found}, ` +
      `not ${sizeBytes} with ${sha1}`,
    'It was changed or damaged where it is stored. Try an older one: pgbak backups',
  );
}
