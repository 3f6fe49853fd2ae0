/** A promise that did not hold, as a plain sentence. */
export class Violation extends Error {}

export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Violation(sentence);
}
