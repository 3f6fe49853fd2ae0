import { stat } from 'node:fs/promises';
import { TimeLimitError } from '../core/errors.ts';
import { reasonOf } from '../system/clock.ts';

export interface Limits {
  /** The whole of it may take this long, the time that it is held back not counted. */
  totalMs: number;
  /** So long may pass without new archive bytes, likewise. */
  idleMs: number;
}

export interface LimitWatch extends Disposable {
  /** Aborted when a limit is reached, with a `TimeLimitError`, or with the outer signal. */
  signal: AbortSignal;
  /** Takes note of a line of 7-Zip's progress display, which tells how much it has read. */
  progressed(line: string): void;
  /** Lets time pass uncounted, or counts it again. */
  hold(isHeld: boolean): void;
}

const LOOK_EVERY_MS = 500;

/**
 * Watches an archive grow. 7-Zip's own count of what it has read counts as growth too: at high levels it compresses
 * hundreds of megabytes before it writes the next byte.
 */
export function watchLimits(
  archivePath: string,
  { totalMs, idleMs }: Limits,
  outer: AbortSignal,
  onProgress?: (progress: { archiveBytes: number }) => void,
): LimitWatch {
  const controller = new AbortController();
  let archiveBytes = -1;
  let readSoFar = '';
  let isHeldBack = false;
  let countedAt = performance.now();
  /** The time that counts, in all and since the archive last grew. */
  let spentMs = 0;
  let idleForMs = 0;

  const look = setInterval(() => void lookAtArchive(), Math.min(LOOK_EVERY_MS, idleMs / 4, totalMs / 4));
  const passOn = () => controller.abort(reasonOf(outer));
  if (outer.aborted) passOn();
  outer.addEventListener('abort', passOn, { once: true });

  function count(): void {
    const now = performance.now();
    const passedMs = isHeldBack ? 0 : now - countedAt;
    countedAt = now;
    spentMs += passedMs;
    idleForMs += passedMs;
  }

  async function lookAtArchive(): Promise<void> {
    count();
    const sizeBytes = await sizeOf(archivePath);
    if (sizeBytes !== archiveBytes) {
      archiveBytes = sizeBytes;
      idleForMs = 0;
      onProgress?.({ archiveBytes });
    }
    if (spentMs >= totalMs) controller.abort(tookTooLong(totalMs));
    else if (idleForMs >= idleMs) controller.abort(wasIdle(idleMs));
  }

  return {
    signal: controller.signal,
    progressed: (line) => {
      const read = /^\s*(\d+[KMGT]?)\b/.exec(line)?.[1];
      if (read === undefined || read === readSoFar) return;
      readSoFar = read;
      idleForMs = 0;
    },
    hold: (isHeld) => {
      count();
      isHeldBack = isHeld;
    },
    [Symbol.dispose]: () => {
      clearInterval(look);
      outer.removeEventListener('abort', passOn);
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function tookTooLong(totalMs: number): TimeLimitError {
  return new TimeLimitError(
    `the dump took longer than ${totalMs / 1000} seconds (BACKUP_TIMEOUT_SEC) and was ended`,
    'If the database is that large, set BACKUP_TIMEOUT_SEC higher.',
  );
}

function wasIdle(idleMs: number): TimeLimitError {
  return new TimeLimitError(
    `the dump yielded nothing for ${idleMs / 1000} seconds (--idle-timeout-sec) and was ended`,
    'Look for what the database waits for (pg_stat_activity), or set --idle-timeout-sec higher.',
  );
}
