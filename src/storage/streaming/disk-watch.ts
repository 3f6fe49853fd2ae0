import { stat } from 'node:fs/promises';
import type { Room } from '../storage.ts';
import { isWithin, joined, type Range } from './ranges.ts';

/** Events of the disk that the upload reacts to. */
type DiskEvent = 'disk full' | 'disk free' | 'released';

/** The part of a growing file that is on the disk, watched so that it does not become too much. */
export interface DiskWatch extends AsyncDisposable {
  /** Lets the space of a stored range be given back. */
  mayRelease(range: Range): void;
  /** Gives nothing back of what was stored so far. */
  keepAll(): void;
  /** Whether no space of that range was given back. */
  isThere(range: Range): boolean;
  /** Ends the looks and the releases. */
  end(): Promise<void>;
}

const LOOK_EVERY_MS = 100;
/** A release starts a process, and should be worth it. */
const WORTH_RELEASING_BYTES = 64_000_000;
/** The beginning of an archive and its directory at the end are read again once it is complete. */
const KEPT_AT_START_BYTES = 16_000_000;
const KEPT_AT_END_BYTES = 1_000_000;
/** Headroom: 7-Zip may still write this much before SIGSTOP takes effect. */
const LEFT_FREE_BYTES = 128_000_000;
const AGAIN_AFTER_MS = 5000;

/** Looks at the disk every now and then, tells `on`, and gives back the space of stored ranges. Does nothing without a room. */
export function watchDisk(path: string, room: Room | undefined, on: (event: DiskEvent) => void): DiskWatch {
  let stored: Range[] = [];
  const released: Range[] = [];
  let isFull = false;
  let fileBytes = 0;

  const looks = oneAtATime(async () => {
    if (room === undefined) return;
    const { size, blocks } = await stat(path);
    isFull = blocks * 512 >= room.limitBytes || (await room.freeBytes()) < LEFT_FREE_BYTES;
    fileBytes = size;
    on(isFull ? 'disk full' : 'disk free');
    releases.start();
  });

  /** Apart from the looks, because a busy disk may take its time. */
  const releases = oneAtATime(async () => {
    if (room === undefined) return;
    for (let range = worthReleasing(); range !== undefined; range = worthReleasing()) {
      // From here on it counts as gone, even if only a piece of it is.
      released.push(range);
      on('released');
      await room.release(range.startByte, range.sizeBytes);
      const gone = range;
      stored = stored.filter((one) => !isWithin(one, gone));
    }
  }, AGAIN_AFTER_MS);

  function worthReleasing(): Range | undefined {
    const ready = stored.filter(
      ({ startByte, sizeBytes }) =>
        startByte >= KEPT_AT_START_BYTES && startByte + sizeBytes + KEPT_AT_END_BYTES <= fileBytes,
    );
    return joined(ready).find(({ sizeBytes }) => sizeBytes >= WORTH_RELEASING_BYTES || isFull);
  }

  const timer = setInterval(looks.start, LOOK_EVERY_MS);
  async function end(): Promise<void> {
    clearInterval(timer);
    stored = [];
    await looks.close();
    await releases.close();
  }

  return {
    mayRelease: (range) => {
      stored.push(range);
      looks.start();
    },
    keepAll: () => void (stored = []),
    isThere: (range) => !released.some((one) => isWithin(range, one)),
    end,
    [Symbol.asyncDispose]: end,
  };
}

/** Does one piece of work at a time; after a failure the next start counts only once that pause is over. */
function oneAtATime(work: () => Promise<void>, pauseMs = 0): { start: () => void; close: () => Promise<void> } {
  let working: Promise<void> | undefined;
  let notBefore = 0;
  let isClosed = false;
  return {
    start: () => {
      if (isClosed || performance.now() < notBefore) return;
      working ??= work()
        .catch(() => void (notBefore = performance.now() + pauseMs))
        .finally(() => (working = undefined));
    },
    close: async () => {
      isClosed = true;
      await working;
    },
  };
}
