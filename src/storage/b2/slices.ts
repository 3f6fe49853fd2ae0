import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Sums } from '../../core/backup-record.ts';
import { errorCode, StorageError } from '../../core/errors.ts';

/** Larger ones cost less, but a line that is slow and shared has to take one before it counts as dead. */
export const READ_BYTES = 256 * 1024;
/** Read from the disk alone, with no line to wait for. */
const HASH_BYTES = 1024 * 1024;

/** A stretch of the archive that goes up in one request. */
export interface Slice {
  path: string;
  startByte: number;
  sizeBytes: number;
}

/** One that was read, and the sums of what was read. */
export interface HashedSlice extends Slice {
  sha1: string;
  /** Taken where that of the whole may not be possible later. */
  sha256?: string;
}

/** Slices of that size, the last one smaller, which together are all of a file. */
export function cutInSlices({ path, sizeBytes }: { path: string; sizeBytes: number }, sliceBytes: number): Slice[] {
  return Array.from({ length: Math.ceil(sizeBytes / sliceBytes) }, (_slice, index) => {
    const startByte = index * sliceBytes;
    return { path, startByte, sizeBytes: Math.min(sliceBytes, sizeBytes - startByte) };
  });
}

/** Reads slices one behind the other, and tells the SHA-1 of each, and the sums of all of them together. */
export async function hashSlices(
  slices: readonly Slice[],
  signal: AbortSignal,
): Promise<Sums & { slices: HashedSlice[] }> {
  const whole = createHash('sha1');
  const sha256 = createHash('sha256');
  const isOne = slices.length === 1;
  const hashed: HashedSlice[] = [];
  // One for all that is read: garbage of that size would cost more than the hashing does.
  const buffer = Buffer.allocUnsafe(HASH_BYTES);
  for (const slice of slices) {
    const hash = createHash('sha1');
    for await (const chunk of chunksOf(slice, buffer)) {
      signal.throwIfAborted();
      hash.update(chunk);
      if (!isOne) whole.update(chunk);
      sha256.update(chunk);
    }
    hashed.push({ ...slice, sha1: hash.digest('hex') });
  }
  const [only] = hashed;
  const sha1 = isOne && only !== undefined ? only.sha1 : whole.digest('hex');
  return { sha1, sha256: sha256.digest('hex'), slices: hashed };
}

/** Each is overwritten by the next. */
async function* chunksOf({ path, startByte, sizeBytes }: Slice, buffer: Buffer): AsyncGenerator<Buffer> {
  try {
    await using file = await open(path);
    for (let readBytes = 0; readBytes < sizeBytes;) {
      const length = Math.min(buffer.length, sizeBytes - readBytes);
      const { bytesRead } = await file.read(buffer, 0, length, startByte + readBytes);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      readBytes += bytesRead;
    }
  } catch (error) {
    throw unreadable(error);
  }
}

export function unreadable(error: unknown): StorageError {
  return new StorageError(`the archive cannot be read back from the disk: ${errorCode(error) ?? 'read error'}`);
}
