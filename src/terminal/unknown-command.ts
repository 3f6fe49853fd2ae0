import { readFileSync } from 'node:fs';
import { errorMessage } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { ALIASES } from './aliases.ts';
import { printJson, tell, wrapped } from './output.ts';
import { UNCLEAR } from './usage-errors.ts';

/** What people look for, who know the word from another program; not an alias, since it may mean something else there. */
const MEANT: Readonly<Record<string, string>> = {
  apply: 'add',
  change: 'edit',
  config: 'edit',
  create: 'add',
  cron: 'schedule',
  dump: 'run',
  forget: 'prune',
  import: 'catalog rebuild',
  info: 'status',
  init: 'add',
  install: 'schedule',
  new: 'add',
  set: 'edit',
  show: 'list',
  snapshots: 'backups',
  start: 'run',
  systemd: 'schedule',
  test: 'verify',
  update: 'edit',
};

/** What `schedule --install` takes; its own list would be loaded with all of it. */
const SCHEDULERS = ['cron', 'systemd'];

interface Told {
  message: string;
  hint: string;
}

/**
 * Tells of what oclif throws outside of a command: no such command (`command add postgresql://... not found`), or no help for
 * it. Repeats a word only where it cannot be a secret. `program` is the URL of bin/run.js.
 */
export function tellUnknownCommand(error: unknown, words: readonly string[], program: string): void {
  const { message, hint } = unknownCommand(error, words, program);
  // The flags are not parsed yet.
  if (!words.includes('--json')) return tell(wrapped(`pgbak: ${message}\n${hint}`));
  printJson({ error: { name: 'UsageError', message, hint, exitCode: 2 } });
}

function unknownCommand(error: unknown, words: readonly string[], program: string): Told {
  if (!/not found/i.test(errorMessage(error))) return { message: UNCLEAR, hint: ALL };
  const names = commandNames(program);
  const plain = words.filter((word) => !word.startsWith('-'));
  const [first = '', second = ''] = plain;
  const [alone] = words;
  if (first === '' && alone !== undefined && /^--[a-z]{1,20}$/.test(alone)) {
    const near = didYouMean(alone, ['--help', '--version'], (word) => word);
    return { message: `unknown flag ${alone}${near}`, hint: ALL };
  }
  if (words[0]?.startsWith('-') === true && names.includes(first)) {
    const flag = words.find((word) => /^--[a-z]{1,20}$/.test(word)) ?? '--json';
    return { message: 'the command stands first, its flags behind it', hint: `For example: pgbak ${first} ${flag}` };
  }
  if (names.includes(first)) return tooMuch(first, second);
  const below = names.filter((name) => name.startsWith(`${first} `));
  if (below.length > 0) return unknown(`${first} ${second}`, second, below, `See: pgbak ${first} --help`);
  return unknown(first, first, [...names, ...Object.keys(ALIASES)], ALL);
}

/** No word with a digit, an upper-case letter or a sign is repeated: it may be a password. */
const LIKE_A_COMMAND = /^[a-z]{1,20}$/;

const ALL = 'All commands: pgbak --help';

function tooMuch(command: string, typed: string): Told {
  if (command === 'schedule' && SCHEDULERS.includes(typed)) {
    return { message: 'schedule takes no argument', hint: `Did you mean: pgbak schedule --install ${typed}` };
  }
  const isAdd = command === 'add';
  return {
    message: `${command} takes no argument`,
    hint: isAdd
      ? 'Say what it is by a flag: --connection-string or --name. Without any, pgbak add asks.'
      : `See: pgbak ${command} --help`,
  };
}

function unknown(shown: string, typed: string, known: readonly string[], hint: string): Told {
  if (!LIKE_A_COMMAND.test(typed)) return { message: 'there is no such command', hint };
  const meant = Object.hasOwn(MEANT, typed) ? MEANT[typed] : known.find((name) => name.endsWith(` ${typed}`));
  const near =
    meant === undefined ? didYouMean(shown, known, (word) => shownAs(word, known)) : `. Did you mean "${meant}"?`;
  return { message: `unknown command "${shown}"${near}`, hint };
}

/** An alias leads to its command, but for `backup`, which may as well be the beginning of `backups`. */
function shownAs(word: string, known: readonly string[]): string {
  const command = ALIASES[word];
  if (command === undefined) return `"${word}"`;
  const longer = known.find((name) => name !== word && name !== command && name.startsWith(word));
  return longer === undefined ? `"${command}"` : `"${word}" (the same as "${command}") or "${longer}"`;
}

function commandNames(program: string): string[] {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../oclif.manifest.json', program), 'utf8'));
  return Object.keys(Object(manifest).commands).map((id) => id.replaceAll(':', ' '));
}
