import { ConfigError } from './errors.ts';
import { wantedNumber, type WantedNumber } from './format.ts';

/** A number of a flag or of a field. */
export interface NumberRule extends WantedNumber {
  /** What stands behind the example. */
  note?: string;
}

/**
 * Reads the number in the text of a flag or of a field. Throws a `ConfigError` that tells which number is wanted, and does not
 * repeat the text: it may be a password that got into the wrong place.
 */
export function wholeIn(text: string, flag: string, { note = '', ...wanted }: NumberRule): number {
  const { least = 0, most = Number.MAX_SAFE_INTEGER } = wanted;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new ConfigError(`--${flag} takes ${wantedNumber(wanted)}${note}`);
}
