import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { Checksum } from '../../core/backup-record.ts';
import { errorCode, StorageError } from '../../core/errors.ts';
import { unlessAborted } from '../../system/clock.ts';
import type { GrowingFile } from '../storage.ts';
import type { Range } from './ranges.ts';

/** Larger reads cost less, but a slow line has to take one before it counts as dead. */
export const READ_BYTES = 256 * 1024;
/** Local disk only, so larger reads are fine. */
const HASH_BYTES = 1024 * 1024;

/** A range that is sent as one, and its place in the archive, from 1 up. */
export interface Part extends Range {
  path: string;
  number: number;
}

/** A part that was read, and the sums of what was read. */
export interface HashedPart extends Part {
  sha1: string;
  /** Taken of parts whose archive may never be on the disk as a whole. */
  sha256?: string;
}

/** The sums of parts, and of all of them together. */
interface HashedFile {
  sha1: string;
  sha256: string;
  parts: readonly HashedPart[];
}

/** Cuts a file into parts of that size; the last one is smaller. */
export function cutInParts({ path, sizeBytes }: { path: string; sizeBytes: number }, partBytes: number): Part[] {
  return Array.from({ length: Math.ceil(sizeBytes / partBytes) }, (_part, index) => {
    const startByte = index * partBytes;
    return { path, number: index + 1, startByte, sizeBytes: Math.min(partBytes, sizeBytes - startByte) };
  });
}

/** Reads parts one after the other. Returns the SHA-1 of each, and the sums of all of them together. */
export async function hashParts(parts: readonly Part[], signal: AbortSignal): Promise<HashedFile> {
  const whole = createHash('sha1');
  const sha256 = createHash('sha256');
  const isOne = parts.length === 1;
  const hashed: HashedPart[] = [];
  // One buffer for all reads: its garbage would cost more than the hashing.
  const buffer = Buffer.allocUnsafe(HASH_BYTES);
  for (const part of parts) {
    const hash = createHash('sha1');
    for await (const chunk of chunksOf(part, buffer)) {
      signal.throwIfAborted();
      hash.update(chunk);
      if (!isOne) whole.update(chunk);
      sha256.update(chunk);
    }
    hashed.push({ ...part, sha1: hash.digest('hex') });
  }
  const [only] = hashed;
  const sha1 = isOne && only !== undefined ? only.sha1 : whole.digest('hex');
  return { sha1, sha256: sha256.digest('hex'), parts: hashed };
}

/** Each chunk is overwritten by the next. */
async function* chunksOf({ path, startByte, sizeBytes }: Part, buffer: Buffer): AsyncGenerator<Buffer> {
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
  return new StorageError(
    `cannot read the archive back from the temporary directory: ${errorCode(error) ?? 'read error'}`,
  );
}

/** Short: looking costs a hundredth of what the line could send in that time. */
const LOOK_EVERY_MS = 25;

/**
 * Waits until a growing file has so many bytes, or has ended with fewer. Rejects with the reason why nothing comes of the
 * file, or the signal's.
 */
export async function untilItHas(
  file: GrowingFile,
  bytes: number,
  signal: AbortSignal,
): Promise<{ sizeBytes: number; isAll: boolean }> {
  let ended: { finalBytes: number } | { error: unknown } | undefined;
  let wake = () => {};
  // Once per call: a promise that stays pending for hours keeps every callback it was given.
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

/** So many small parts hold 150 GB. */
const SMALL_PARTS = 4000;
/** A small part is at most this many times the storage's minimum. */
const SMALL_FACTOR = 8;

/**
 * The least size of part `number`. Parts grow from 5 to 40 MB, so that the first are sent soon and few are on the disk at
 * once; beyond the 4000th they grow on, so that 10,000 of them hold B2's 10 TB
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export function growingPartBytes(number: number, minimumBytes: number): number {
  const smallBytes = minimumBytes + Math.floor(((number - 1) * minimumBytes) / 100);
  const moreBytes = Math.floor((Math.max(number - SMALL_PARTS, 0) * minimumBytes) / 9);
  return Math.min(smallBytes, SMALL_FACTOR * minimumBytes) + moreBytes;
}

/**
 * The parts of a growing file, each as soon as all of it is on the disk. The first part comes last, once the file was
 * judged good, because 7-Zip returns to it at the end. `onPlanned` gets all parts as soon as their ends are known; the file
 * is complete then, and the last parts are still to be sent.
 */
export async function* partsOf(
  file: GrowingFile,
  minimumBytes: number,
  signal: AbortSignal,
  onPlanned: (parts: readonly Part[]) => void,
): AsyncGenerator<Part> {
  const { path } = file;
  const first: Part = { path, number: 1, startByte: 0, sizeBytes: growingPartBytes(1, minimumBytes) };
  const planned = [first];
  let startByte = first.sizeBytes;
  for (let number = 2, isLast = false; !isLast; number += 1) {
    const leastBytes = growingPartBytes(number, minimumBytes);
    const { sizeBytes: thereBytes, isAll } = await untilItHas(file, startByte + leastBytes, signal);
    const restBytes = thereBytes - startByte;
    // 7-Zip writes 2 MiB at a time: take a small rest along, which would wait for a part of its own.
    const sizeBytes = restBytes < leastBytes + minimumBytes ? restBytes : leastBytes;
    isLast = isAll && sizeBytes === restBytes;
    const part = { path, number, startByte, sizeBytes };
    if (sizeBytes > 0) planned.push(part);
    if (isLast) onPlanned(planned);
    if (sizeBytes > 0) yield part;
    startByte += sizeBytes;
  }
  await unlessAborted(file.whole, signal);
  yield first;
}

/**
 * The checksum of what was sent, compared with what is on the disk as far as it is still there.
 *
 * @throws StorageError where the file changed after it was sent
 */
export function provenChecksum(
  sent: readonly HashedPart[],
  onDisk: HashedFile | undefined,
  isThere: (range: Range) => boolean,
): Checksum {
  const sums = new Map(onDisk?.parts.map(({ startByte, sha1 }) => [startByte, sha1]));
  // Space that was released while it was read again proves nothing.
  const there = sent.filter((part) => isThere(part));
  const changed = there.find(({ startByte, sha1 }) => sums.get(startByte) !== sha1);
  if (changed !== undefined) {
    throw new StorageError(
      `the archive changed at byte ${changed.startByte} after that byte was uploaded`,
      'Nothing was stored. Run again: pgbak run --force',
    );
  }
  if (onDisk !== undefined && there.length === sent.length) return { sha1: onDisk.sha1, sha256: onDisk.sha256 };
  return {
    partSums: sent.map(({ sizeBytes, sha1, sha256 }) => ({
      sizeBytes,
      sha1,
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
  };
}
