import { stat } from 'node:fs/promises';
import { TimeLimitError } from '../core/errors.ts';
import { reasonOf } from '../system/clock.ts';
import { editCommand } from '../core/server-hint.ts';

export interface Limits {
  /** For the whole dump; time in which it is paused does not count. */
  totalMs: number;
  /** Without new archive bytes; time in which it is paused does not count. */
  idleMs: number;
}

export interface ArchiveProgress {
  archiveBytes: number;
  /** What 7-Zip has read, as its progress display rounds it. */
  readBytes: number;
}

export interface LimitWatch extends Disposable {
  /** Aborts with a `TimeLimitError` when a limit is reached, or with the outer signal. */
  signal: AbortSignal;
  /** Takes a line of 7-Zip's progress display, which says how much it has read. */
  progressed(line: string): void;
  /** Stops the clocks (true), or lets them go on (false). */
  hold(isHeld: boolean): void;
}

const LOOK_EVERY_MS = 500;

/**
 * Watches an archive grow, whose bytes `measure` counts. What 7-Zip says that it has read counts as growth too: at high levels it compresses hundreds of
 * megabytes before it writes the next byte.
 */
export function watchLimits(
  measure: () => Promise<number>,
  { totalMs, idleMs }: Limits,
  outer: AbortSignal,
  onProgress?: (progress: ArchiveProgress) => void,
): LimitWatch {
  const controller = new AbortController();
  let archiveBytes = -1;
  let readSoFar = '';
  let isPaused = false;
  let countedAt = performance.now();
  // Without the time in which the dump was paused.
  let spentMs = 0;
  let idleForMs = 0;

  const look = setInterval(() => void lookAtArchive(), Math.min(LOOK_EVERY_MS, idleMs / 4, totalMs / 4));
  const forward = () => controller.abort(reasonOf(outer));
  if (outer.aborted) forward();
  outer.addEventListener('abort', forward, { once: true });

  function count(): void {
    const now = performance.now();
    const passedMs = isPaused ? 0 : now - countedAt;
    countedAt = now;
    spentMs += passedMs;
    idleForMs += passedMs;
  }

  async function lookAtArchive(): Promise<void> {
    count();
    const sizeBytes = await measure();
    if (sizeBytes !== archiveBytes) {
      archiveBytes = sizeBytes;
      idleForMs = 0;
      onProgress?.({ archiveBytes, readBytes: bytesOf(readSoFar) });
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
      isPaused = isHeld;
    },
    [Symbol.dispose]: () => {
      clearInterval(look);
      outer.removeEventListener('abort', forward);
    },
  };
}

/** 7-Zip writes `850`, `12K`, `3M`, in powers of 1024. */
function bytesOf(read: string): number {
  const unit = 'KMGT'.indexOf(read.slice(-1)) + 1;
  return Number.parseInt(read, 10) * 1024 ** (read === '' ? 0 : unit) || 0;
}

/** The size of a file in bytes; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function tookTooLong(totalMs: number): TimeLimitError {
  return new TimeLimitError(
    `the dump took longer than ${totalMs / 1000} seconds (BACKUP_TIMEOUT_SEC) and was stopped`,
    'Nothing was stored. If the database needs more time, raise BACKUP_TIMEOUT_SEC.',
  );
}

function wasIdle(idleMs: number): TimeLimitError {
  return new TimeLimitError(
    `pg_dump wrote nothing for ${idleMs / 1000} seconds (--idle-timeout-sec) and was stopped`,
    `Nothing was stored. See in pg_stat_activity what pg_dump waits for. To wait longer: ${editCommand(`--idle-timeout-sec ${(2 * idleMs) / 1000}`)}`,
  );
}
