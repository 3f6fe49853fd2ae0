/** Changes that still count as a typing mistake: one in a short word, up to three in a long one. */
function mostChanges(word: string): number {
  return Math.min(Math.max(Math.floor(word.length / 3), 1), 3);
}

const SHORTEST_BEGINNING = 3;

/**
 * The word that was most likely meant: the one with the fewest letters that differ, or the only one that begins like this.
 * Upper and lower case do not matter. Undefined where nothing is near.
 */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  const ranked = words
    .map((word) => ({ word, changes: distance(wanted, word.toLowerCase()) }))
    .filter(({ changes }) => changes <= mostChanges(wanted))
    .toSorted((a, b) => a.changes - b.changes);
  const [first] = ranked;
  if (first !== undefined) return first.word;
  if (wanted.length < SHORTEST_BEGINNING) return undefined;
  const longer = words.filter((word) => word.toLowerCase().startsWith(wanted));
  return longer.length === 1 ? longer[0] : undefined;
}

/** `. Did you mean "status"?`, to stand behind a message; empty where nothing is near. */
export function didYouMean(typed: string, words: readonly string[], asShown = (word: string) => `"${word}"`): string {
  const word = nearest(typed, words);
  return word === undefined ? '' : `. Did you mean ${asShown(word)}?`;
}

const LONGEST_ECHOED = 40;

/**
 * Whether a message may repeat what was typed. A connection string, a URL, a `key=value` or a long text in the wrong place
 * may be a secret.
 */
export function mayRepeat(typed: string): boolean {
  return typed.length <= LONGEST_ECHOED && /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(typed);
}

/** Letters to insert, remove, change, or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_none, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwapped ? (before[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      const changed = (previous[column - 1] ?? 0) + (isSame ? 0 : 1);
      next.push(Math.min(changed, (previous[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, swapped));
    }
    before = previous;
    previous = next;
  }
  return previous[b.length] ?? 0;
}
