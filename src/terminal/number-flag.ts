import * as Flags from '@oclif/core/flags';
import { ConfigError } from '../core/errors.ts';

interface Wanted {
  /** `seconds`; without it the number is one of things that the flag's name tells. */
  unit?: string;
  /** Stands in the message where the text is no such number. */
  example: number;
  least?: number;
  most?: number;
  /** What stands behind the example. */
  note?: string;
}

/** A flag that takes a whole number, and says which where it was given something else. */
export function numberFlag({ unit, example, least = 0, most, note = '' }: Wanted) {
  const range = most !== undefined ? ` from ${least} to ${most}` : least > 0 ? ` from ${least} up` : '';
  const wanted = `${unit === undefined ? 'a whole number' : `whole ${unit}`}${range}, such as ${example}${note}`;
  return Flags.custom<number>({
    // oclif knows only parsers that return a promise.
    parse: (text, _context, { name }) => {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (number >= least && number <= (most ?? Number.MAX_SAFE_INTEGER)) return Promise.resolve(number);
      // The text itself may be a password that got into the wrong place.
      return Promise.reject(new ConfigError(`--${name} takes ${wanted}`));
    },
  });
}
