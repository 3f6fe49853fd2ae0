import { quoted } from '../core/printable.ts';
import { isReference } from '../server/reference.ts';

/** A word of the command line as oclif's parser saw it. */
interface Token {
  type: string;
  flag?: string;
  input?: string;
}

/** These are said anew. */
const SAID_ANEW = ['at', 'to', 'output', 'stdout', 'create', 'clean'];

/** The other flags of a command line, to be typed again. An archive password becomes a question. */
export function otherWords(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ type, flag, input = '' }) => {
    if (type !== 'flag' || flag === undefined || SAID_ANEW.includes(flag)) return [];
    if (input === `--${flag}` || /^-[a-z]$/.test(input)) return [`--${flag}`];
    return [`--${flag}`, quoted(flag === 'archive-password' && !isReference(input) ? '-' : input)];
  });
}
