const LONG_MS = 60_000;

/**
 * Lets one party hold back what another writes, also when it wants that before the writing has begun. `onLong` is called
 * once, when that has lasted for a minute.
 */
export function heldBack(onLong: () => void): {
  /** For whoever may hold it back; to be repeated while it should last. */
  hold: (isHeld: boolean) => void;
  /** For whoever writes, with what makes it stand still. */
  onStarted: (hold: (isHeld: boolean) => void) => void;
} {
  let isWanted = false;
  let holdWriter: ((isHeld: boolean) => void) | undefined;
  let since: number | undefined;
  let isTold = false;
  return {
    hold: (isHeld) => {
      isWanted = isHeld;
      holdWriter?.(isHeld);
      since = isHeld ? (since ?? performance.now()) : undefined;
      if (isTold || since === undefined || performance.now() - since < LONG_MS) return;
      isTold = true;
      onLong();
    },
    onStarted: (hold) => {
      holdWriter = hold;
      if (isWanted) hold(true);
    },
  };
}
