import { ConfigError } from '../core/errors.ts';

const LONGEST_NAME = 64;
/** What a place begins with: a name like this would be taken for one. */
const SCHEMES = new Set(['b2', 's3', 'rclone', 'file']);

/** Whether a text is the name of a destination, not a place: no place but `b2` is without a colon and a slash. */
export function isDestinationName(text: string): boolean {
  return problemOf(text) === undefined;
}

/** Reads the name of a destination. Throws a `ConfigError` where it could be taken for something else. */
export function parseDestinationName(text: string): string {
  const name = text.trim();
  const problem = problemOf(name);
  if (problem === undefined) return name;
  throw new ConfigError(`the name of the destination ${problem}`, 'For example: nas, or offsite-b2');
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (SCHEMES.has(name.toLowerCase())) return `cannot be "${name}", which is a kind of storage`;
  if (name.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) {
    return 'may hold letters, digits, "-", "_" and ".", and begins with a letter or a digit';
  }
  return undefined;
}
