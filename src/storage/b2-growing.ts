import { stat } from 'node:fs/promises';
import type { Checksum } from '../config/backup-record.ts';
import { RefusedError } from '../errors.ts';
import type { FileVersion } from './b2-answers.ts';
import { hashAgain, type HashedSlice } from './b2-body.ts';
import { B2Failure } from './b2-failure.ts';
import { uploadInParts, type Part } from './b2-large-file.ts';
import type { B2Upload } from './b2-single.ts';
import type { GrowingTail } from './growing-tail.ts';
import { PATIENT_ATTEMPTS } from './retry.ts';
import type { GrowingFile } from './storage.ts';

const LOOK_EVERY_MS = 100;

/**
 * Waits until so many bytes of a growing file are on the disk; resolves with its size when it is whole before that.
 * Rejects with the file's own reason when it never is, and with the signal's.
 */
export async function untilItHas(file: GrowingFile, bytes: number, signal: AbortSignal): Promise<number | undefined> {
  let ended: { finalBytes: number } | { error: unknown } | undefined;
  let wake = () => {};
  // Once a call, since a promise that stays pending for hours keeps all that ever waited for it.
  file.whole.then(
    ({ sizeBytes }) => [(ended = { finalBytes: sizeBytes }), wake()],
    (error: unknown) => [(ended = { error }), wake()],
  );
  for (;;) {
    signal.throwIfAborted();
    const onDiskBytes = await stat(file.path).then(
      ({ size }) => size,
      () => 0,
    );
    if (ended !== undefined) {
      if ('error' in ended) throw ended.error;
      return ended.finalBytes;
    }
    if (onDiskBytes >= bytes) return undefined;
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
 * How large part `number` is. They grow to 40 MB, so that the first are sent soon and few lie on the disk at once, and
 * beyond the 4000th on and on, so that 10,000 of them hold B2's 10 TB
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export function growingPartBytes(number: number, minimumBytes: number): number {
  const smallBytes = Math.min(minimumBytes + Math.floor((number * minimumBytes) / 25), SMALL_FACTOR * minimumBytes);
  return smallBytes + Math.floor((Math.max(number - SMALL_PARTS, 0) * minimumBytes) / 9);
}

/** So often parts are begun anew while their dump goes on; after that the whole has to do, which nothing keeps small. */
const BEGINNINGS = 5;

/**
 * Uploads a file in parts while it is written. Its first part, to which 7-Zip returns at the very end, goes last. Before
 * they become a file it is proved that what was sent is what is on the disk now, of whatever is there still. Returns
 * undefined when that did not succeed, but somebody may begin anew with all of the file once it is whole.
 */
export async function uploadGrowing(
  file: GrowingFile,
  minimumPartBytes: number,
  tail: GrowingTail,
  upload: B2Upload,
): Promise<(FileVersion & Checksum) | undefined> {
  const nothingComes = new AbortController();
  let isWhole = false;
  file.whole.then(
    () => (isWhole = true),
    (error: unknown) => nothingComes.abort(error),
  );
  const attempts = () => (tail.hasReleased() ? PATIENT_ATTEMPTS : upload.attempts());
  for (let begun = 1; ; begun += 1) {
    try {
      return await uploadOnce(file, minimumPartBytes, tail, nothingComes.signal, { ...upload, attempts });
    } catch (error) {
      upload.signal.throwIfAborted();
      nothingComes.signal.throwIfAborted();
      const isLost = tail.hasReleased() || isFinal(error);
      const isAgain = !isLost && !isWhole && begun < BEGINNINGS;
      if (!isLost) upload.onTrouble(error, isAgain || isWhole);
      if (isAgain) continue;
      await tail.close(!isLost);
      if (isLost) throw error;
      return undefined;
    }
  }
}

async function uploadOnce(
  file: GrowingFile,
  minimumPartBytes: number,
  tail: GrowingTail,
  nothingComes: AbortSignal,
  upload: B2Upload,
): Promise<FileVersion & Checksum> {
  let checksum: Checksum = { partSums: [] };
  const version = await uploadInParts(
    {
      parts: (signal) => partsOf(file, minimumPartBytes, tail, signal),
      nothingComes,
      // So that no more is given back while it is judged what comes next.
      onGivenUp: () => tail.beginAnew(),
      onStored: ({ slice }) => tail.sent(slice),
      check: async (stored) => {
        await tail.close(true);
        const slices = stored.map(({ slice }) => slice);
        checksum = await checksumOf(slices, tail, upload.signal);
      },
    },
    upload,
  );
  return { ...version, ...checksum };
}

/** Who may not store parts, or no more of them, may not store the whole either. */
function isFinal(error: unknown): boolean {
  if (error instanceof RefusedError) return true;
  return error instanceof B2Failure && (error.status === 401 || error.status === 403);
}

async function checksumOf(slices: readonly HashedSlice[], tail: GrowingTail, signal: AbortSignal): Promise<Checksum> {
  const there = slices.filter((slice) => tail.isThere(slice));
  const sha1 = await hashAgain(there, signal);
  if (there.length === slices.length) return { sha1 };
  return { partSums: slices.map(({ sizeBytes, sha1: sum }) => ({ sizeBytes, sha1: sum })) };
}

async function* partsOf(
  file: GrowingFile,
  minimumBytes: number,
  tail: GrowingTail,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  const { path } = file;
  tail.sent();
  const firstBytes = growingPartBytes(1, minimumBytes);
  let startByte = firstBytes;
  for (let number = 2; ; number += 1) {
    const sizeBytes = growingPartBytes(number, minimumBytes);
    const finalBytes = await untilItHas(file, startByte + sizeBytes, signal);
    const isLast = finalBytes !== undefined && startByte + sizeBytes >= finalBytes;
    const partBytes = isLast ? finalBytes - startByte : sizeBytes;
    if (partBytes > 0) {
      tail.sending();
      yield { number, slice: { path, startByte, sizeBytes: partBytes } };
    }
    startByte += partBytes;
    if (isLast) break;
  }
  tail.sending();
  yield { number: 1, slice: { path, startByte: 0, sizeBytes: firstBytes } };
}
