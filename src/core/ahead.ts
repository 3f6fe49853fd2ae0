/** Clocks differ by seconds, those of two hosts by minutes; what lies further ahead was written by a clock that was wrong. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;

/**
 * Whether an instant that is recorded as past lies ahead of `now`. Then either the clock that wrote it or the one that is
 * read now is wrong, and nothing may be concluded from how old it is.
 */
export function isAhead(instant: Date, now: Date): boolean {
  return instant.getTime() > now.getTime() + CLOCK_TOLERANCE_MS;
}
