/** Lets one party hold back what another writes, also when it wants that before the writing has begun. */
export function heldBack(): {
  /** For whoever may hold it back. */
  hold: (isHeld: boolean) => void;
  /** For whoever writes, with what makes it stand still. */
  onStarted: (hold: (isHeld: boolean) => void) => void;
} {
  let isWanted = false;
  let holdWriter: ((isHeld: boolean) => void) | undefined;
  return {
    hold: (isHeld) => {
      isWanted = isHeld;
      holdWriter?.(isHeld);
    },
    onStarted: (hold) => {
      holdWriter = hold;
      if (isWanted) hold(true);
    },
  };
}
