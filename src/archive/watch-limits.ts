import { stat } from 'node:fs/promises';
import { TimeLimitError } from '../errors.ts';
import { reasonOf } from '../system/clock.ts';

export interface Limits {
  /** The whole of it may take this long. */
  totalMs: number;
  /** So long may pass without new archive bytes. */
  idleMs: number;
}

export interface LimitWatch extends Disposable {
  /** Aborted when a limit is reached, with a `TimeLimitError`, or with the outer signal. */
  signal: AbortSignal;
  /** Takes note of a line of 7-Zip's progress display, which tells how much it has read. */
  progressed(line: string): void;
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
  let grewAt = performance.now();

  const total = setTimeout(() => controller.abort(tookTooLong(totalMs)), totalMs);
  const look = setInterval(() => void lookAtArchive(), Math.min(LOOK_EVERY_MS, idleMs / 4));
  const passOn = () => controller.abort(reasonOf(outer));
  if (outer.aborted) passOn();
  outer.addEventListener('abort', passOn, { once: true });

  async function lookAtArchive(): Promise<void> {
    // What 7-Zip adds to an archive grows beside it first.
    const sizes = await Promise.all([sizeOf(archivePath), sizeOf(`${archivePath}.tmp`)]);
    const sizeBytes = sizes[0] + sizes[1];
    if (sizeBytes !== archiveBytes) {
      archiveBytes = sizeBytes;
      grewAt = performance.now();
      onProgress?.({ archiveBytes });
    } else if (performance.now() - grewAt >= idleMs) {
      controller.abort(wasIdle(idleMs));
    }
  }

  return {
    signal: controller.signal,
    progressed: (line) => {
      const read = /^\s*(\d+[KMGT]?)\b/.exec(line)?.[1];
      if (read === undefined || read === readSoFar) return;
      readSoFar = read;
      grewAt = performance.now();
    },
    [Symbol.dispose]: () => {
      clearTimeout(total);
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
