import { isKind, isPhase, type CellName } from './kinds-and-phases.ts';

/** A tag as it should be, and at the end of a text. */
const TAG = /^(.*?)\s*\{([a-z]+@[a-z]+(?:, [a-z]+@[a-z]+)*)\}$/s;
/** Whatever was perhaps meant as one. */
const ALIKE = /\{\s*[\w…-]*@[\w…-]*\s*[,}]/;

/** A title or a row's label, with the cells that its tag names. */
export interface Tagged {
  words: string;
  cells: CellName[];
}

/**
 * Splits a title into its words and its tag.
 *
 * @throws {Error} A tag that stands elsewhere than at the end, is misspelt, or names a kind or a phase that there is not.
 */
export function splitTag(title: string): Tagged {
  const [, words = '', list] = TAG.exec(title) ?? [];
  if (list === undefined) {
    if (ALIKE.test(title))
      throw new Error(`a tag is {kind@phase, kind@phase} at the end of a title, which it is not: ${title}`);
    return { words: title, cells: [] };
  }
  if (ALIKE.test(words)) throw new Error(`two tags in one title: ${title}`);
  if (words === '') throw new Error(`a tag without words that tell what a user sees: ${title}`);
  return { words, cells: list.split(', ').map(cellOf) };
}

function cellOf(name: string): CellName {
  const [kind = '', phase = ''] = name.split('@');
  if (!isKind(kind)) throw new Error(`${name} names no kind of fault that is known`);
  if (!isPhase(phase)) throw new Error(`${name} names no phase that is known`);
  return `${kind}@${phase}`;
}

/** Whether a text anywhere in a file looks like the tag of a title. */
export const looksTagged = (text: string): boolean => /\{[a-z]+@[a-z]+(, *[a-z]+@[a-z]+)*\}\s*$/.test(text);
