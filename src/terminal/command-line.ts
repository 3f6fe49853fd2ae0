import { ConfigError } from '../core/errors.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * Refuses an empty flag or argument. It mostly comes from a variable that is not set, as in `"$PASSWORD"`, and would
 * silently leave out a password, a place or a table.
 */
export function refuseEmptyValues({ flags, args }: { flags: Values; args: Values }): void {
  const [flag] = emptyIn(flags);
  if (flag !== undefined) {
    const isPassword = flag === 'archive-password';
    throw new ConfigError(
      `--${flag} is empty`,
      `A variable may not be set. Give it a value, or leave the flag out${isPassword ? ' where no other password is meant' : ''}.`,
    );
  }
  const [argument] = emptyIn(args);
  if (argument !== undefined) {
    throw new ConfigError(`the argument ${argument.toUpperCase()} is empty`, 'A variable may not be set.');
  }
}

function emptyIn(values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    return texts.some((text) => typeof text === 'string' && text.trim() === '') ? [name] : [];
  });
}

type Flags = Readonly<Record<string, unknown>>;

/**
 * Refuses `--json=VALUE`: oclif would take the value of a switch for an argument, and messages would repeat it as the name
 * of a server or a file. It may be a password.
 */
export function refuseSwitchValues(words: readonly string[], flags: Flags = {}): void {
  let isValue = false;
  for (const word of words) {
    if (word === '--') return;
    const name = isValue ? undefined : /^--(?:no-)?([a-z0-9-]+)(?==)/.exec(word);
    isValue = !isValue && kindOf(flags, word.replace(/^--/, '')) === 'option' && word.startsWith('--');
    if (name === null || name === undefined) continue;
    const [typed, bare = ''] = name;
    if (kindOf(flags, typed.slice(2)) === 'option') continue;
    if (kindOf(flags, typed.slice(2)) === 'boolean' || kindOf(flags, bare) === 'boolean')
      throw new ConfigError(`${typed} takes no value`, 'Give it without = and what follows, or leave it out.');
  }
}

function kindOf(flags: Flags, name: string): unknown {
  if (name === 'json') return 'boolean';
  return Object.hasOwn(flags, name) ? Object(flags[name]).type : undefined;
}
