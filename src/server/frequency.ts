import { ConfigError } from '../core/errors.ts';

const HOURS = { h: 1, d: 24, w: 7 * 24 } as const;
const TOO_LONG = 1_000_000;

/** What a frequency may look like, for messages and prompts. */
export const FREQUENCY_EXAMPLES = 'whole hours, such as 6, or 6h, 1d, 1w';

/** Reads `6`, `6h`, `1d` or `1w` as hours; undefined for anything else. */
export function hoursIn(text: string): number | undefined {
  const [, count, unit = 'h'] = /^(\d{1,6}) ?([hdw])?$/i.exec(text.trim()) ?? [];
  const letter = unit.toLowerCase();
  if (count === undefined || (letter !== 'h' && letter !== 'd' && letter !== 'w')) return undefined;
  const hours = Number(count) * HOURS[letter];
  return hours >= 1 && hours < TOO_LONG ? hours : undefined;
}

/** The hours of the flag --frequency-hrs; a `ConfigError` that does not repeat the text, which may be a password. */
export function parseFrequency(text: string): number {
  const hours = hoursIn(text);
  if (hours === undefined) throw new ConfigError(`--frequency-hrs takes ${FREQUENCY_EXAMPLES}`);
  return hours;
}
