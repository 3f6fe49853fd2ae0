import { ConfigError } from '../core/errors.ts';

/** Reads a server's name. Commands take an id or a name, so a name of digits only would be read as an id. */
export function parseName(text: string): string {
  const name = text.trim();
  if (name === '') throw new ConfigError('the name is empty', 'Give the server a name: --name shop');
  if (isId(name)) throw new ConfigError(`the name "${name}" would be taken for an id`, 'Add a letter to it.');
  if (hasControlCharacter(name)) throw new ConfigError('the name has a control character');
  return name;
}

/** A name for a server that no other server has, close to the wanted one. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = isId(wanted) ? `server-${wanted}` : wanted;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Longer than any name that a person types, short enough for a listing. */
const LONGEST_FOREIGN_NAME = 200;

/** Whether a name read from a storage can be shown, and typed. */
export function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= LONGEST_FOREIGN_NAME && !hasControlCharacter(text);
}

function isId(text: string): boolean {
  return /^\d+$/.test(text);
}

function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001F\u007F]/.test(text);
}
