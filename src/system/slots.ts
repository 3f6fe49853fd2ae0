import { reasonOf } from './clock.ts';

/** So many at a time: a caller who finds all taken waits until one is free. */
export interface Slots {
  /** Resolves with a slot, which is free again once disposed of; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Disposable>;
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  const giveBack = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    take: async (signal) => {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else {
        await new Promise<void>((resolve, reject) => {
          const onFree = () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          };
          const onAbort = () => {
            waiting.splice(waiting.indexOf(onFree), 1);
            reject(reasonOf(signal));
          };
          waiting.push(onFree);
          signal.addEventListener('abort', onAbort, { once: true });
        });
      }
      return { [Symbol.dispose]: giveBack };
    },
  };
}
