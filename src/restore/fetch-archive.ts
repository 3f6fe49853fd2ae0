import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ArchiveError, StorageError } from '../core/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { RestorePoint } from './choose-point.ts';
import { compareChecksum, type NotedArchive, type Seen } from './compare-checksum.ts';
import { refuseWithoutRoom, withoutRoom } from './temporary-room.ts';

interface Fetch {
  point: RestorePoint;
  /** What is known of it. */
  noted: NotedArchive;
  storage: Storage;
  signal: AbortSignal;
  onProgress: (fetchedBytes: number) => void;
  say: (message: string, isRetry: boolean) => void;
  warn: (message: string) => void;
}

/** Large, since at memory speed each call counts. */
const READ_BYTES = 1 << 20;

/**
 * Copies a restore point's archive to a private place, and proves by size and checksums that the copy is what was stored.
 * A copy that differs is fetched once more before it counts against the archive: a line or a disk may have damaged it on
 * the way.
 *
 * @throws StorageError when it is gone or cannot be had, ProgramError when there is no room for it, ArchiveError when it
 *   is not what was stored
 */
export async function fetchArchive(fetch: Fetch, path: string): Promise<Seen> {
  const { point, storage, say, warn } = fetch;
  const what = `${point.objectName} in ${storage.place}`;
  const first = await fetchOnce(fetch, path);
  if (first.difference === undefined) return first;
  say(`${what} came with ${first.difference}. Fetching it once more`, true);
  await rm(path, { force: true });
  const second = await fetchOnce(fetch, path);
  if (second.difference === undefined) {
    warn(
      `${what} is good, but came damaged the first time, with ${first.difference}: ` +
        `check the network and the disks between this machine and ${storage.place}`,
    );
    return second;
  }
  if (second.identity !== first.identity) {
    throw new StorageError(
      `${what} comes with other bytes each time (${first.difference}; then ${second.difference}), so the archive itself may be good`,
      `Check the network and the disks between this machine and ${storage.place}.`,
    );
  }
  throw new ArchiveError(
    `${what} is not the archive that was stored: it has ${second.difference}`,
    'It was changed or damaged where it is stored. Choose an older one: pgbak backups',
  );
}

async function fetchOnce(fetch: Fetch, path: string): Promise<Seen> {
  const { point, noted, storage, signal, onProgress } = fetch;
  const comparison = compareChecksum(noted);
  let fetchedBytes = 0;
  async function* compared(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      comparison.update(chunk);
      fetchedBytes += chunk.length;
      onProgress(fetchedBytes);
      yield chunk;
    }
  }
  const object = { id: point.objectId, name: point.objectName };
  try {
    if ((await storage.clone?.(object, path)) === true) {
      await pipeline(createReadStream(path, { highWaterMark: READ_BYTES }), compared, drain, { signal });
    } else {
      await refuseWithoutRoom(path, noted.sizeBytes, 'archive');
      const source = await storage.get(object, signal);
      const target = createWriteStream(path, { flags: 'wx', mode: 0o600, highWaterMark: READ_BYTES });
      await pipeline(source, compared, target, { signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    // A storage that compares checksums itself fails after the last byte.
    const seen = error instanceof StorageError && fetchedBytes === noted.sizeBytes ? comparison.end() : undefined;
    if (seen?.difference === undefined) throw withoutRoom(error, path, 'archive') ?? error;
    return seen;
  }
  return comparison.end();
}

async function drain(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _chunk of chunks);
}
