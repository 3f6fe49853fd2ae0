import type { Room } from '../storage.ts';
import { common, joined, without, type Range } from './ranges.ts';

/** The disk room of a growing file that several uploads read. */
interface SharedRoom {
  /** The room as the upload of that number sees it. */
  open: (upload: number) => Promise<Room | undefined>;
  /** That upload reads the file no more, as it has ended or failed: it holds up neither the writer nor the others' space. */
  leave: (upload: number) => void;
  /** Gives back no more space. Tells whether all of the file is on the disk still. */
  keep: () => boolean;
}

/**
 * Shares a room among uploads: a range goes once all of them have stored it, so the slowest bounds what is on the disk, and
 * the writer waits while any of them asks for that. An upload that fails stops counting.
 */
export function shareRoom(openRoom: () => Promise<Room | undefined>, uploads: number): SharedRoom {
  let opening: Promise<Room | undefined> | undefined;
  let room: Room | undefined;
  let isKept = false;
  let released: Range[] = [];
  let isWhole = true;
  /** What each upload that still reads has stored. */
  const stored = new Map<number, Range[]>(Array.from({ length: uploads }, (_, upload) => [upload, []]));
  const holding = new Set<number>();

  const hold = () => room?.hold(holding.size > 0) ?? false;

  const release = async () => {
    const [first, ...others] = stored.values();
    if (room === undefined || isKept || first === undefined) return;
    const storedByAll = others.reduce((all, one) => common(all, one), first);
    for (const { startByte, sizeBytes } of without(storedByAll, released)) {
      // From here on the file counts as cut, even if only a piece of it is.
      isWhole = false;
      await room.release(startByte, sizeBytes);
      released = joined([...released, { startByte, sizeBytes }]);
    }
  };

  return {
    open: async (upload) => {
      opening ??= openRoom();
      room = await opening;
      if (room === undefined) return undefined;
      return {
        ...room,
        hold: (isHeld) => {
          if (isHeld && stored.has(upload)) holding.add(upload);
          else holding.delete(upload);
          return hold();
        },
        release: async (startByte, sizeBytes) => {
          stored.set(upload, joined([...(stored.get(upload) ?? []), { startByte, sizeBytes }]));
          await release();
        },
      };
    },
    leave: (upload) => {
      stored.delete(upload);
      if (holding.delete(upload)) hold();
      // The disk tells the others when it stays full.
      release().catch(() => {});
    },
    keep: () => {
      isKept = true;
      return isWhole;
    },
  };
}
