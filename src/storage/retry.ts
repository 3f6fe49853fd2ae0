import type { Clock } from '../system/clock.ts';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** How often an upload or a call is tried. Backblaze asks for five; a few more cost less than a lost backup. */
export const ATTEMPTS = 8;
/** Where hours of dumping would be lost: half an hour with the pauses, as long as maintenance may last. */
export const PATIENT_ATTEMPTS = 40;

/**
 * How long to wait before the nth repetition: twice as long each time, less a random share, so that hosts which failed
 * together do not return together. The service's own wish goes first.
 */
export function pauseMs(repetition: number, retryAfterMs: number | undefined, random = Math.random): number {
  if (retryAfterMs !== undefined) return retryAfterMs + random() * FIRST_PAUSE_MS;
  const fullMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (repetition - 1));
  return fullMs * (0.5 + random() / 2);
}

/**
 * Calls `attempt` until it succeeds, `decide` gives up, or `attempts` are used up; waits in between.
 *
 * @throws the last attempt's error; the signal's reason when it is aborted.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: {
    attempts: () => number;
    /** How long to wait after the nth error; undefined to give up. */
    decide: (error: unknown, repetition: number) => number | undefined;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<T> {
  const { attempts, decide, clock, signal } = options;
  for (let made = 1; ; made += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = made < attempts() ? decide(error, made) : undefined;
      if (waitMs === undefined) throw error;
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    }
  }
}
