/** A writer that its reader can make wait: back-pressure from the upload of an archive to the dump. */
export interface Pausable {
  /**
   * Pauses the writer or lets it go on, and tells whether it stands still now. Repeat it while the pause lasts: a shell's
   * `fg` wakes all processes of a job.
   */
  hold(isHeld: boolean): boolean;
}

/** Pauses shorter than this, added up, are not worth a message. */
const LONG_MS = 60_000;

/** A `Pausable` for a writer that starts later: `start` is called with the writer once it runs. */
export function pausableLater({
  onChange,
  onLong,
}: {
  /** Called when the writer pauses and when it goes on. */
  onChange: (standsStill: boolean) => void;
  /** Called once, when the pauses add up to a minute. */
  onLong: () => void;
}): Pausable & { start: (writer: Pausable) => void } {
  let isWanted = false;
  let writer: Pausable | undefined;
  let since: number | undefined;
  let pausedMs = 0;
  let isTold = false;
  return {
    hold: (isHeld) => {
      isWanted = isHeld;
      const standsStill = writer?.hold(isHeld) ?? false;
      const now = performance.now();
      pausedMs += now - (since ?? now);
      if (standsStill !== (since !== undefined)) onChange(standsStill);
      since = standsStill ? now : undefined;
      if (!isTold && pausedMs >= LONG_MS) {
        isTold = true;
        onLong();
      }
      return standsStill;
    },
    start: (started) => {
      writer = started;
      if (isWanted) started.hold(true);
    },
  };
}
