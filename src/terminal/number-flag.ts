import * as Flags from '@oclif/core/flags';
import { ConfigError } from '../core/errors.ts';
import { wantedNumber, type WantedNumber } from '../core/format.ts';

interface Wanted extends WantedNumber {
  /** What stands behind the example. */
  note?: string;
}

/** A flag that takes a whole number, and says which where it was given something else. */
export function numberFlag({ note = '', ...number }: Wanted) {
  const { least = 0, most } = number;
  const wanted = `${wantedNumber(number)}${note}`;
  return Flags.custom<number>({
    // oclif knows only parsers that return a promise.
    parse: (text, _context, { name }) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= (most ?? Number.MAX_SAFE_INTEGER)) return Promise.resolve(value);
      // The text itself may be a password that got into the wrong place.
      return Promise.reject(new ConfigError(`--${name} takes ${wanted}`));
    },
  });
}
