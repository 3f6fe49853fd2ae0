/** Random choices that a seed decides. */
export interface Chance {
  /** A whole number from 0 to one less than `count`. */
  below(count: number): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  /** True once in so many times. */
  onceIn(times: number): boolean;
  /** One of a list; undefined of an empty one. It draws one number, however long the list is. */
  oneOf<T>(list: readonly T[]): T | undefined;
}

/** Mulberry32: small, and the same on every machine. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    below,
    between: (least, most) => least + below(most - least + 1),
    onceIn: (times) => below(times) === 0,
    oneOf: (list) => list[below(list.length)],
  };
}

/**
 * The chances of one step. Each step has its own, so that what one of them draws more or less, because a kill came too late
 * perhaps, does not change the steps after it.
 */
export const chanceOfStep = (seed: number, step: number): Chance =>
  chanceFrom(Math.imul(seed, 0x9e3779b1) ^ (step * 7919));
