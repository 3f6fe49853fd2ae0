import * as Flags from '@oclif/core/flags';
import { wholeIn, type NumberRule } from '../core/whole-number.ts';

/** A flag that takes a whole number, and says which where it was given something else. */
export function numberFlag(wanted: NumberRule) {
  return Flags.custom<number>({
    // oclif knows only parsers that return a promise.
    parse: async (text, _context, { name }) =>
      await Promise.resolve(text).then((given) => wholeIn(given, name, wanted)),
  });
}
