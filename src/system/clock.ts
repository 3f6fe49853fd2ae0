/** The time of day and the passing of time; passed as an argument so that tests can control both. */
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

/** A time limit, combined with other reasons to stop. */
interface Limit extends Disposable {
  /** Aborts with a `TimeoutError` when the time is over, or with the reason of another signal. */
  signal: AbortSignal;
  /** Whether the time was over before another signal aborted. */
  isOver(): boolean;
}

/**
 * Limits work to `ms` milliseconds; disposing ends the limit. Not `AbortSignal.any` with `AbortSignal.timeout`: Node 20
 * references that so weakly that it may be garbage-collected and never fire.
 */
export function limitTo(ms: number, ...others: readonly AbortSignal[]): Limit {
  const controller = new AbortController();
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = !controller.signal.aborted;
    controller.abort(new DOMException(`no answer within ${ms / 1000} seconds`, 'TimeoutError'));
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

/** Does work with a limit of `ms` milliseconds as its only reason to stop: for cleaning up after an interruption. */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using limit = limitTo(ms);
  return await work(limit.signal);
}

/** A signal that aborts `ms` milliseconds after another: for a request whose answer is worth waiting for. */
export function graceAfter(signal: AbortSignal, ms: number): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => (timer = setTimeout(() => controller.abort(reasonOf(signal)), ms));
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', begin);
    },
  };
}

/** The reason of an aborted signal, as an error to throw. */
export function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

/** Settles like the promise, or rejects with the signal's reason as soon as that aborts. The work behind the promise goes on. */
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
