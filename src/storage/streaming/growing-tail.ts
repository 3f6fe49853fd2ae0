import { stat } from 'node:fs/promises';
import type { GrowingFile, Room } from '../storage.ts';

/** What of a growing file lies on the disk, watched so that it does not become too much. */
export interface GrowingTail extends AsyncDisposable {
  /** Begins anew, as it is from the start: storage has nothing, and is about to be told that something comes. */
  beginAnew(): void;
  /** Notes that storage is about to be sent a stretch. */
  sending(): void;
  /** Notes that storage has that stretch now; without one, that it knows what is to come. */
  sent(stretch?: Stretch): void;
  /** Whether space was given back, so that the file cannot be sent from its beginning any more. */
  hasReleased(): boolean;
  /** Whether that stretch is still on the disk. */
  isThere(stretch: Stretch): boolean;
  /** Gives no more space back, and lets the writer go on; or not, where nothing can come of the file any more. */
  close(mayGoOn: boolean): Promise<void>;
}

export interface Stretch {
  startByte: number;
  sizeBytes: number;
}

const LOOK_EVERY_MS = 100;
/** Each release costs a process, so that it should be worth one. */
const WORTH_RELEASING_BYTES = 64_000_000;
/** The beginning of an archive and its directory at the end are read again once it is whole. */
const KEPT_AT_START_BYTES = 16_000_000;
const KEPT_AT_END_BYTES = 1_000_000;
/** The writer stops a moment after it is held back: room for what comes until then. */
const LEFT_FREE_BYTES = 128_000_000;
const AGAIN_AFTER_MS = 5000;

/**
 * Gives back the space of what storage has, and holds the writer back while too much lies on the disk or too little room is
 * left there. Never while nothing is under way that would make it less: then the file has to grow for the next part.
 */
export function watchTail(file: GrowingFile, room: Room | undefined): GrowingTail {
  // That something comes.
  let underWay = 1;
  let kept: Stretch[] = [];
  const released: Stretch[] = [];
  let isHeld = false;
  let isTooMuch = false;
  let fileBytes = 0;

  const hold = (wanted: boolean) => {
    // Told again and again: a shell's `fg` wakes all of its children.
    if (wanted || isHeld) room?.hold(wanted);
    isHeld = wanted;
  };

  const looks = oneAtATime(async () => {
    if (room === undefined) return;
    const { size, blocks } = await stat(file.path);
    isTooMuch = blocks * 512 >= room.limitBytes || (await room.freeBytes()) < LEFT_FREE_BYTES;
    fileBytes = size;
    hold(isTooMuch && underWay > 0);
    releases.start();
  });

  /** Apart from the looks, since a busy disk may take its time over it. */
  const releases = oneAtATime(async () => {
    if (room === undefined) return;
    for (let run = worthReleasing(); run !== undefined; run = worthReleasing()) {
      // From here on it counts as gone, also when only a piece of it is.
      released.push(run);
      await room.release(run.startByte, run.sizeBytes);
      kept = kept.filter((stretch) => !isWithin(stretch, run));
    }
  }, AGAIN_AFTER_MS);

  function worthReleasing(): Stretch | undefined {
    const ready = kept.filter(
      ({ startByte, sizeBytes }) =>
        startByte >= KEPT_AT_START_BYTES && startByte + sizeBytes + KEPT_AT_END_BYTES <= fileBytes,
    );
    return joined(ready).find(({ sizeBytes }) => sizeBytes >= WORTH_RELEASING_BYTES || isTooMuch);
  }

  const timer = setInterval(looks.start, LOOK_EVERY_MS);
  async function end(): Promise<void> {
    clearInterval(timer);
    kept = [];
    await looks.close();
    await releases.close();
  }

  return {
    beginAnew: () => {
      kept = [];
      underWay = 1;
    },
    sending: () => void (underWay += 1),
    sent: (stretch) => {
      underWay -= 1;
      if (stretch !== undefined) kept.push(stretch);
      looks.start();
    },
    hasReleased: () => released.length > 0,
    isThere: (stretch) => !released.some((run) => isWithin(stretch, run)),
    close: async (mayGoOn) => {
      await end();
      hold(!mayGoOn);
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Work of which one piece at a time is done; what fails is tried again when it is started next, after that pause. */
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

/** Stretches that follow each other, as one. */
function joined(stretches: readonly Stretch[]): Stretch[] {
  const runs: Stretch[] = [];
  for (const { startByte, sizeBytes } of stretches.toSorted((a, b) => a.startByte - b.startByte)) {
    const last = runs.at(-1);
    if (last !== undefined && last.startByte + last.sizeBytes === startByte) last.sizeBytes += sizeBytes;
    else runs.push({ startByte, sizeBytes });
  }
  return runs;
}

function isWithin(stretch: Stretch, run: Stretch): boolean {
  return stretch.startByte >= run.startByte && stretch.startByte + stretch.sizeBytes <= run.startByte + run.sizeBytes;
}
