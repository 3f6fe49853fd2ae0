const LONG_MS = 60_000;

export interface HeldBackListener {
  /** Called whenever the writing comes to stand still, and when it goes on. */
  onChange: (standsStill: boolean) => void;
  /** Called once, when it has stood still for a minute in all. */
  onLong: () => void;
}

/** Lets one party hold back what another writes, also when it wants that before the writing has begun. */
export function heldBack({ onChange, onLong }: HeldBackListener): {
  /** Called by the reader that holds the writer back; to be repeated for as long as that lasts. */
  hold: (isHeld: boolean) => void;
  /** Called by the writer, with a function that makes it stand still and tells whether it does. */
  onStarted: (hold: (isHeld: boolean) => boolean) => void;
} {
  let isWanted = false;
  let holdWriter: ((isHeld: boolean) => boolean) | undefined;
  let since: number | undefined;
  let heldMs = 0;
  let isTold = false;
  return {
    hold: (isHeld) => {
      isWanted = isHeld;
      const standsStill = holdWriter?.(isHeld) ?? false;
      const now = performance.now();
      heldMs += now - (since ?? now);
      if (standsStill !== (since !== undefined)) onChange(standsStill);
      since = standsStill ? now : undefined;
      if (isTold || heldMs < LONG_MS) return;
      isTold = true;
      onLong();
    },
    onStarted: (hold) => {
      holdWriter = hold;
      if (isWanted) hold(true);
    },
  };
}
