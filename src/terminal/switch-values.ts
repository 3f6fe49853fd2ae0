import { ConfigError } from '../core/errors.ts';

type Flags = Readonly<Record<string, unknown>>;

/**
 * Refuses `--json=VALUE`: oclif takes the value of a flag that has none for an argument, so that it would become the
 * name of a server or of a file, and be repeated as such. It may be a password.
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
