import { stat } from 'node:fs/promises';
import type { FileVersion } from './b2-answers.ts';
import { hashAgain, hashSlice } from './b2-body.ts';
import { uploadInParts, type Part } from './b2-large-file.ts';
import type { B2Upload } from './b2-single.ts';
import type { GrowingFile } from './storage.ts';

const LOOK_EVERY_MS = 200;

/**
 * Waits until so many bytes of a growing file are on the disk; resolves with its size when it is whole before that.
 * Rejects with the file's own reason when it never is, and with the signal's.
 */
export async function untilItHas(file: GrowingFile, bytes: number, signal: AbortSignal): Promise<number | undefined> {
  let finalBytes: number | undefined;
  const whole = file.whole.then(({ sizeBytes }) => {
    finalBytes = sizeBytes;
    return sizeBytes;
  });
  // It may come to an end before anybody waits for it.
  whole.catch(() => {});
  for (;;) {
    signal.throwIfAborted();
    const onDiskBytes = await stat(file.path).then(
      ({ size }) => size,
      () => 0,
    );
    // What is whole by now says so first.
    await Promise.race([whole, Promise.resolve()]);
    if (finalBytes !== undefined) return finalBytes;
    if (onDiskBytes >= bytes) return undefined;
    await Promise.race([whole, new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))]);
  }
}

/**
 * How large part `number` is. They grow, so that the first are sent soon and 10,000 of them hold B2's 10 TB
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export function growingPartBytes(number: number, minimumBytes: number): number {
  return minimumBytes + Math.floor((number * minimumBytes) / 25);
}

/**
 * Uploads a file in parts while it is written. Its first part, to which 7-Zip returns at the very end, goes last. Before
 * they become a file it is proved that what was sent is what is on the disk now.
 */
export async function uploadGrowing(
  file: GrowingFile,
  minimumPartBytes: number,
  upload: B2Upload,
): Promise<FileVersion & { sha1: string }> {
  let sha1 = '';
  const version = await uploadInParts(
    (signal) => partsOf(file, minimumPartBytes, signal),
    upload,
    async (sent) => {
      sha1 = await hashAgain(
        sent.map(({ slice }) => slice),
        upload.signal,
      );
    },
  );
  return { ...version, sha1 };
}

async function* partsOf(file: GrowingFile, minimumBytes: number, signal: AbortSignal): AsyncGenerator<Part> {
  const { path } = file;
  const firstBytes = growingPartBytes(1, minimumBytes);
  let startByte = firstBytes;
  for (let number = 2; ; number += 1) {
    const sizeBytes = growingPartBytes(number, minimumBytes);
    const finalBytes = await untilItHas(file, startByte + sizeBytes, signal);
    const isLast = finalBytes !== undefined && startByte + sizeBytes >= finalBytes;
    const partBytes = isLast ? finalBytes - startByte : sizeBytes;
    if (partBytes > 0) yield { number, slice: await hashSlice(path, startByte, partBytes, signal) };
    startByte += partBytes;
    if (isLast) break;
  }
  yield { number: 1, slice: await hashSlice(path, 0, firstBytes, signal) };
}
