/** The time of day and the passing of time, as arguments so that a test may hold them in its hand. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(reasonOf(signal));
        return;
      }
      const stop = () => {
        clearTimeout(timer);
        if (signal !== undefined) reject(reasonOf(signal));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** A limit in time beside other reasons to stop. */
export interface Limit extends Disposable {
  /** Aborted as soon as the time is over, with a `TimeoutError`, or one of the others is, with its reason. */
  signal: AbortSignal;
  /** Whether the time was over first. */
  isOver(): boolean;
}

/**
 * Limits work to `ms` milliseconds; disposing ends the limit. In place of `AbortSignal.any` around
 * `AbortSignal.timeout`, which Node 20 holds so weakly that the garbage collector takes it and it never fires.
 */
export function limitTo(ms: number, ...others: readonly AbortSignal[]): Limit {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = !controller.signal.aborted;
    controller.abort(new DOMException(`not done within ${ms / 1000} seconds`, 'TimeoutError'));
  }, ms);
  const stops = others.map((other) => {
    const stop = () => controller.abort(reasonOf(other));
    if (other.aborted) stop();
    else other.addEventListener('abort', stop, { once: true });
    return { other, stop };
  });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      for (const { other, stop } of stops) other.removeEventListener('abort', stop);
    },
  };
}

/** Work that is given so long, in milliseconds, and no other reason to stop: what is done after an interruption. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using limit = limitTo(ms);
  return await work(limit.signal);
}

/** Why a signal was aborted, as an error that can be thrown. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

/** What a promise brings, or the signal's reason as soon as that is aborted; the promise itself goes on then. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(reasonOf(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
