import { printableName } from '../../core/printable.ts';
import { commandWords } from '../aliases.ts';
import { FILES } from './scripts.ts';

export interface Candidate {
  value: string;
  description: string;
}

interface KnownFlag {
  name: string;
  type: string;
  description?: string;
  options?: readonly string[];
  multiple?: boolean;
  allowNo?: boolean;
  hidden?: boolean;
}

interface KnownArgument {
  name: string;
  options?: readonly string[];
  multiple?: boolean;
}

/** A command as oclif's manifest describes it. */
export interface KnownCommand {
  id: string;
  summary?: string;
  flags?: Readonly<Record<string, KnownFlag>>;
  args?: Readonly<Record<string, KnownArgument>>;
}

/** What only the catalogue knows. */
export interface Lookup {
  servers: () => Candidate[];
  destinations: () => Candidate[];
  /** The restore points of these servers, or of all. */
  points: (servers: readonly string[]) => Candidate[];
}

const plain = (...values: string[]): Candidate[] => values.map((value) => ({ value, description: '' }));
const COMPRESSIONS: Candidate[] = [
  { value: 'lzma2:1', description: 'fast; any 7-Zip opens it' },
  { value: 'lzma2:6', description: 'smaller, slower' },
  { value: 'lzma2:9', description: 'smallest, slowest' },
  { value: 'zstd:1', description: 'fastest; zstd opens it' },
  { value: 'zstd:3', description: 'fast and small; zstd opens it' },
  { value: 'zstd:19', description: 'small; zstd opens it' },
  { value: 'ppmd', description: 'small for text, slow to open' },
  { value: 'none', description: 'not compressed' },
];
const FILE_FLAGS: readonly string[] = ['output'];
const PLACES = plain('b2', 's3:', 'file:/', 'rclone:');

/**
 * What may stand in place of the last of these words, which stand behind `pgbak`; or `FILES`. A word that begins otherwise is
 * left out.
 */
export function candidates(
  words: readonly string[],
  commands: readonly KnownCommand[],
  lookup: Lookup,
): Candidate[] | typeof FILES {
  const current = words.at(-1) ?? '';
  const found = offered(words, commands, lookup);
  if (found === FILES) return FILES;
  return found.filter(({ value }) => value.startsWith(current) && !/[\t\n\r]/.test(value));
}

function offered(
  words: readonly string[],
  commands: readonly KnownCommand[],
  lookup: Lookup,
): Candidate[] | typeof FILES {
  const [typed = '', ...rest] = words;
  if (rest.length === 0) return firstWords(commands);
  if (typed === 'help') return rest.length === 1 ? firstWords(commands) : [];
  const [first = typed] = commandWords([typed]);
  const below = commands.filter(({ id }) => id.startsWith(`${first}:`));
  if (below.length === 0) {
    const command = commands.find(({ id }) => id === first);
    return command === undefined ? [] : ofCommand(command, rest, lookup);
  }
  const [second = '', ...others] = rest;
  if (others.length === 0) {
    return below.map(({ id, summary = '' }) => ({ value: id.slice(first.length + 1), description: summary }));
  }
  const command = below.find(({ id }) => id === `${first}:${second}`);
  return command === undefined ? [] : ofCommand(command, others, lookup);
}

const TOPICS: Readonly<Record<string, string>> = {
  catalog: 'Copies of the catalogue, and a new one when it is lost',
  destination: 'Places for backups, with a name and keys of their own',
};

function firstWords(commands: readonly KnownCommand[]): Candidate[] {
  const summaries = new Map<string, string>();
  for (const { id, summary = '' } of commands) {
    const [first = id, second] = id.split(':');
    summaries.set(first, second === undefined ? summary : (TOPICS[first] ?? ''));
  }
  return [...summaries].map(([value, description]) => ({ value, description }));
}

function ofCommand(command: KnownCommand, words: readonly string[], lookup: Lookup): Candidate[] | typeof FILES {
  const current = words.at(-1) ?? '';
  const { named, positional, open } = read(command, words.slice(0, -1));
  if (open !== undefined) return valuesOf(open, positional, lookup);
  const inline = /^--([a-z0-9-]+)=/.exec(current);
  const flag = inline?.[1] === undefined ? undefined : command.flags?.[inline[1]];
  if (inline !== null && flag !== undefined) {
    const values = valuesOf(flag, positional, lookup);
    return values === FILES ? FILES : values.map((one) => ({ ...one, value: inline[0] + one.value }));
  }
  return current.startsWith('-') ? flagsOf(command, named) : argumentsOf(command, positional, lookup);
}

/** What stands before the word that is typed: flags, arguments, and a flag that waits for its value. */
function read({ flags = {} }: KnownCommand, words: readonly string[]) {
  const named = new Set<string>();
  const positional: string[] = [];
  let open: KnownFlag | undefined;
  for (const word of words) {
    const [, typed, equals] = /^--([a-z0-9-]+)(=)?/.exec(word) ?? [];
    const name = typed === undefined ? undefined : withoutNo(typed, flags);
    if (open !== undefined) {
      open = undefined;
    } else if (name !== undefined) {
      named.add(name);
      const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
      if (flag?.type === 'option' && equals === undefined) open = flag;
    } else if (!word.startsWith('-')) {
      positional.push(word);
    }
  }
  return { named, positional, open };
}

/** `auto-prune` for `no-auto-prune`. */
function withoutNo(name: string, flags: Readonly<Record<string, KnownFlag>>): string {
  const bare = name.replace(/^no-/, '');
  return Object.hasOwn(flags, bare) && flags[bare]?.allowNo === true ? bare : name;
}

function valuesOf(flag: KnownFlag, servers: readonly string[], lookup: Lookup): Candidate[] | typeof FILES {
  const { name, options } = flag;
  if (options !== undefined) return plain(...options);
  if (name === 'server') return lookup.servers();
  if (name === 'at') return [{ value: 'latest', description: 'the newest good backup' }, ...lookup.points(servers)];
  if (name === 'id') return lookup.points(servers);
  if (name === 'compression') return COMPRESSIONS;
  if (name === 'frequency-hrs') return plain('1h', '6h', '12h', '1d', '1w');
  if (name === 'destination' || name === 'from') return [...lookup.destinations(), ...PLACES];
  return FILE_FLAGS.includes(name) ? FILES : [];
}

function flagsOf({ flags = {} }: KnownCommand, named: ReadonlySet<string>): Candidate[] {
  const all = Object.values(flags).filter(
    ({ name, hidden, multiple }) => hidden !== true && (multiple === true || !named.has(name)),
  );
  return [
    ...all.flatMap(({ name, description = '', allowNo }) => [
      { value: `--${name}`, description },
      ...(allowNo === true ? [{ value: `--no-${name}`, description: `the opposite of --${name}` }] : []),
    ]),
    { value: '--help', description: 'show what the command does' },
  ];
}

function argumentsOf({ id, args = {} }: KnownCommand, given: readonly string[], lookup: Lookup) {
  const list = Object.values(args);
  const last = list.at(-1);
  const arg = list[given.length] ?? (last?.multiple === true ? last : undefined);
  if (arg === undefined) return [];
  if (arg.options !== undefined) return plain(...arg.options);
  if (arg.name === 'server') return lookup.servers().filter(({ value }) => !given.includes(value));
  if (arg.name === 'file') return FILES;
  if (arg.name === 'destination') return lookup.destinations();
  if (arg.name === 'place') return id === 'destination:add' ? PLACES : [...lookup.destinations(), ...PLACES];
  return id === 'catalog:retime' ? lookup.points([]) : [];
}

/** A line for the shell. */
export function completionLine({ value, description }: Candidate): string {
  return `${value}\t${printableName(description)}`;
}
