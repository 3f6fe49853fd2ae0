import { grouped } from '../core/group-by.ts';
import type { GradedCopy } from '../restore/graded-copies.ts';

/** How one place holds a backup. */
export interface CopyState {
  place: string;
  /** Absent where the place does not hold a good copy. */
  objectId?: string;
  /** Why it is missing there. */
  error?: string;
}

/** How each place holds a backup, in the order of its copies. One that was found bad counts as missing. */
export function copyStates(copies: readonly GradedCopy[]): CopyState[] {
  const states = copies.flatMap((copy) => (copy.place === undefined ? [] : [stateIn(copy.place, copy)]));
  // Until a bad copy is removed, a place may hold a good one beside it.
  return [...grouped(states, ({ place }) => place).values()].flatMap(
    (here) => here.find(({ objectId }) => objectId !== undefined) ?? here[0] ?? [],
  );
}

function stateIn(place: string, { objectId, error, result, foundBad }: GradedCopy): CopyState {
  if (foundBad !== undefined) return { place, error: `verified and found bad: ${foundBad.message}` };
  if (objectId !== undefined) return { place, objectId };
  return result === 'failed' ? { place, error: error ?? 'it was not stored' } : { place };
}

/** `stored in 1 of 2 places: b2:offsite: the key is not valid`; undefined where every place holds the backup. */
export function missingInWords(states: readonly CopyState[]): string | undefined {
  const missing = states.filter(({ objectId }) => objectId === undefined);
  if (missing.length === 0) return undefined;
  const reasons = missing.map(({ place, error = 'it was not stored' }) => `${place}: ${error}`);
  return `stored in ${states.length - missing.length} of ${states.length} places: ${reasons.join('; ')}`;
}

/** ` and in 2 other places`, behind the first place that holds a backup; empty where there is no other. */
export function elsewhere(states: readonly CopyState[]): string {
  const others = states.filter(({ objectId }) => objectId !== undefined).length - 1;
  if (others < 1) return '';
  return ` and in ${others === 1 ? 'another place' : `${others} other places`}`;
}
