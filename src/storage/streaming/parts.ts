import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { Sums } from '../../core/backup-record.ts';
import { errorCode, StorageError } from '../../core/errors.ts';
import { unlessAborted } from '../../system/clock.ts';
import type { Part } from '../b2/large-file.ts';
import type { GrowingFile } from '../storage.ts';

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

/** A look costs a hundredth of what a line loses in that time. */
const LOOK_EVERY_MS = 25;

/**
 * Waits until so many bytes of a growing file are on the disk, or all of it is before that. Rejects with the file's own
 * reason when it never is, and with the signal's.
 */
export async function untilItHas(
  file: GrowingFile,
  bytes: number,
  signal: AbortSignal,
): Promise<{ sizeBytes: number; isAll: boolean }> {
  let ended: { finalBytes: number } | { error: unknown } | undefined;
  let wake = () => {};
  // Once a call, since a promise that stays pending for hours keeps all that ever waited for it.
  file.written.then(
    (finalBytes) => [(ended = { finalBytes }), wake()],
    (error: unknown) => [(ended = { error }), wake()],
  );
  for (;;) {
    signal.throwIfAborted();
    const sizeBytes = await stat(file.path).then(
      ({ size }) => size,
      () => 0,
    );
    if (ended !== undefined) {
      if ('error' in ended) throw ended.error;
      return { sizeBytes: ended.finalBytes, isAll: true };
    }
    if (sizeBytes >= bytes) return { sizeBytes, isAll: false };
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      wake = () => [clearTimeout(timer), resolve()];
    });
  }
}

/** Up to here parts are small enough for a small disk; so many of them hold 150 GB. */
const SMALL_PARTS = 4000;
/** A small part is this many times B2's minimum at most. */
const SMALL_FACTOR = 8;

/**
 * How large part `number` is at least. They grow from 5 to 40 MB, so that the first are sent soon and few lie on the disk at
 * once, and beyond the 4000th on and on, so that 10,000 of them hold B2's 10 TB
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export function growingPartBytes(number: number, minimumBytes: number): number {
  const smallBytes = minimumBytes + Math.floor(((number - 1) * minimumBytes) / 100);
  const moreBytes = Math.floor((Math.max(number - SMALL_PARTS, 0) * minimumBytes) / 9);
  return Math.min(smallBytes, SMALL_FACTOR * minimumBytes) + moreBytes;
}

/**
 * The parts of a growing file, each as soon as all of it is on the disk, and the first one last, when the file was judged
 * good. `onAllKnown` is told where all of them begin and end once that is settled, with all of the file on the disk and the
 * last of them still to be sent.
 */
export async function* partsOf(
  file: GrowingFile,
  minimumBytes: number,
  signal: AbortSignal,
  onAllKnown: (slices: readonly Slice[]) => void,
): AsyncGenerator<Part> {
  const { path } = file;
  const first = { path, startByte: 0, sizeBytes: growingPartBytes(1, minimumBytes) };
  const slices: Slice[] = [first];
  let startByte = first.sizeBytes;
  for (let number = 2, isLast = false; !isLast; number += 1) {
    const leastBytes = growingPartBytes(number, minimumBytes);
    const { sizeBytes: thereBytes, isAll } = await untilItHas(file, startByte + leastBytes, signal);
    const restBytes = thereBytes - startByte;
    // 7-Zip writes 2 MiB at a time. What would be left of that has no other part to go with for a while.
    const partBytes = restBytes < leastBytes + minimumBytes ? restBytes : leastBytes;
    isLast = isAll && partBytes === restBytes;
    const slice = { path, startByte, sizeBytes: partBytes };
    if (partBytes > 0) slices.push(slice);
    if (isLast) onAllKnown(slices);
    if (partBytes > 0) yield { number, slice };
    startByte += partBytes;
  }
  await unlessAborted(file.whole, signal);
  yield { number: 1, slice: first };
}
