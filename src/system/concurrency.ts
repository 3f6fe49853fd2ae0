import { reasonOf } from './clock.ts';

interface Limits<Item> {
  /** How many items at once. */
  jobs: number;
  /** How many items with the same key at once: they share a resource. */
  perKey: number;
  keyOf: (item: Item) => string;
}

/**
 * Works on several items at a time. Begins them in order, but an item whose key is busy lets the next one pass. When `work`
 * rejects, begins no more items and throws that error once the running ones have ended. Returns the results in the order of
 * the items.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  { jobs, perKey, keyOf }: Limits<Item>,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const waiting = items.map((item, index) => ({ item, index, key: keyOf(item) }));
  const results = new Map<number, Result>();
  const busy = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];

  const turn = async ({ item, index, key }: (typeof waiting)[number]) => {
    busy.set(key, (busy.get(key) ?? 0) + 1);
    results.set(index, await work(item));
    busy.set(key, (busy.get(key) ?? 1) - 1);
  };
  const begin = (one: (typeof waiting)[number]) => {
    const job: Promise<void> = turn(one)
      .catch((error: unknown) => {
        errors.push(error);
        waiting.length = 0;
      })
      .finally(() => running.delete(job));
    running.add(job);
  };

  while (waiting.length > 0 || running.size > 0) {
    const next = running.size < jobs ? waiting.findIndex(({ key }) => (busy.get(key) ?? 0) < perKey) : -1;
    const [one] = next === -1 ? [] : waiting.splice(next, 1);
    if (one === undefined) await Promise.race(running);
    else begin(one);
  }
  if (errors.length > 0) throw errors[0];
  return items.flatMap((_item, index) => results.get(index) ?? []);
}

/** A limited number of slots: where all are taken, a caller waits until one is free. */
export interface Slots {
  /** Resolves with a slot, which disposing frees; rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<Disposable>;
}

/** Slots of its own for each key. */
export function createSlotsFor(count: number): (key: string) => Slots {
  const made = new Map<string, Slots>();
  return (key) => {
    const slots = made.get(key) ?? createSlots(count);
    made.set(key, slots);
    return slots;
  };
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
