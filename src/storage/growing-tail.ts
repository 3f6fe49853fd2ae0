import { stat } from 'node:fs/promises';
import type { GrowingFile, Room } from './storage.ts';

/** What of a growing file lies on the disk, watched so that it does not become too much. */
export interface GrowingTail {
  /** Notes that storage is about to be sent a stretch. */
  sending(): void;
  /** Notes that storage has it now. */
  stored(stretch: Stretch): void;
  /** Whether space was given back, so that the file cannot be sent from its beginning any more. */
  hasReleased(): boolean;
  /** Whether that stretch is still on the disk. */
  isThere(stretch: Stretch): boolean;
  /** Gives no more space back, and lets the writer go on; or not, where nothing can come of the file any more. */
  stop(mayGoOn: boolean): Promise<void>;
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
/** Whoever holds back is heard a moment later, when as much as this has come. */
const LEFT_FREE_BYTES = 128_000_000;

/**
 * Gives back the space of what storage has, and holds the writer back while too much lies on the disk or too little room is
 * left there. Never while nothing is under way that would make it less: then the file has to grow for the next part.
 */
export function watchTail(file: GrowingFile, openedRoom: Room | undefined): GrowingTail {
  let room = openedRoom;
  let underWay = 0;
  let kept: Stretch[] = [];
  const released: Stretch[] = [];
  let isHeld = false;
  let looking: Promise<void> | undefined;

  const hold = (wanted: boolean) => {
    if (wanted !== isHeld) room?.hold(wanted);
    isHeld = wanted;
  };

  async function look(): Promise<void> {
    if (room === undefined) return;
    const { limitBytes } = room;
    const { size, blocks } = await stat(file.path);
    const isTooMuch = blocks * 512 >= limitBytes || (await room.freeBytes()) < LEFT_FREE_BYTES;
    hold(isTooMuch && underWay > 0);
    const ready = kept.filter(
      ({ startByte, sizeBytes }) =>
        startByte >= KEPT_AT_START_BYTES && startByte + sizeBytes + KEPT_AT_END_BYTES <= size,
    );
    for (const run of joined(ready)) {
      if (run.sizeBytes < WORTH_RELEASING_BYTES && !isTooMuch) continue;
      released.push(run);
      kept = kept.filter((stretch) => !isWithin(stretch, run));
      await room.release(run.startByte, run.sizeBytes);
    }
  }

  const lookOnce = () => {
    looking ??= look()
      .catch(() => {
        // It worked before, so the disk is in trouble; that the archive grows on will tell more of it.
        hold(false);
        room = undefined;
      })
      .finally(() => (looking = undefined));
  };
  const timer = setInterval(lookOnce, LOOK_EVERY_MS);
  return {
    sending: () => void (underWay += 1),
    stored: (stretch) => {
      underWay -= 1;
      kept.push(stretch);
      lookOnce();
    },
    hasReleased: () => released.length > 0,
    isThere: (stretch) => !released.some((run) => isWithin(stretch, run)),
    stop: async (mayGoOn) => {
      clearInterval(timer);
      await looking;
      hold(!mayGoOn);
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
