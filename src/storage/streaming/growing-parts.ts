import { stat } from 'node:fs/promises';
import { unlessAborted } from '../../system/clock.ts';
import type { Part } from '../b2/large-file.ts';
import type { Slice } from '../b2/slices.ts';
import type { GrowingFile } from '../storage.ts';

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
