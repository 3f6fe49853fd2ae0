import { stripVTControlCharacters } from 'node:util';
import { didYouMean } from '../core/nearest.ts';

/** An error of oclif's parser, by the fields that its classes have (@oclif/core/parser/errors). */
interface ParserError {
  message: string;
  /** Nonexistent flags as they were typed, `--name=value` among them. */
  flags?: unknown;
  /** Missing arguments, or those that are too many. */
  args?: unknown;
}

/** What a message may need to know of the command whose line is wrong. */
export interface MistypedCommand {
  /** As it is typed: `catalog export`. */
  name: string;
  flags: Readonly<
    Record<string, { type: string; allowNo?: boolean; char?: string; helpValue?: string | string[]; hidden?: boolean }>
  >;
  args: Readonly<Record<string, unknown>>;
  /** As oclif takes them; the first one is shown where something is missing. */
  examples: readonly (string | { command: string })[] | undefined;
}

/**
 * Tells what is wrong with a command line without repeating a value of it, which may be a password or a connection string.
 * The message names flags only, and only words that look like one.
 */
export function usageMessage(error: ParserError, command: MistypedCommand): { message: string; hint: string } {
  const hint = `See: pgbak ${command.name} --help`;
  const { message } = error;
  if (message.startsWith('Nonexistent flag')) return unknownFlags(error.flags, command);
  if (message.startsWith('Unexpected argument')) {
    const known = Object.keys(command.args).map((name) => name.toUpperCase());
    const only =
      known.length === 1 ? `only one argument: ${known[0]}` : `only ${known.length} arguments: ${known.join(' and ')}`;
    return {
      message: `${command.name} takes ${known.length === 0 ? 'no argument' : only}`,
      hint: 'at' in command.flags ? `--at chooses the backup: pgbak ${command.name} shop --at latest` : hint,
    };
  }
  if (/^Missing \d+ required arg/.test(message)) {
    return { message: `${missingNames(error.args)} is missing`, hint: exampleOf(command) ?? hint };
  }
  if (/^The following errors? occurred/.test(message)) {
    const reasons = message.split('\n').slice(1).filter(isReason).map(constraint);
    const isMissing = reasons.length === 1 && reasons[0]?.endsWith(' is missing') === true;
    return {
      message: [...new Set(reasons)].join('; ') || UNCLEAR,
      hint: (isMissing ? exampleOf(command) : undefined) ?? hint,
    };
  }
  return { message: expectation(message, command) ?? UNCLEAR, hint };
}

export const UNCLEAR = 'this command line cannot be understood';

function unknownFlags(typed: unknown, command: MistypedCommand): { message: string; hint: string } {
  const { flags, args } = command;
  const names = (Array.isArray(typed) ? typed : []).map((flag) => flagIn(String(flag), flags));
  const [first] = names;
  const hint = `All flags: pgbak ${command.name} --help`;
  if (first === undefined || names.includes(undefined)) return { message: 'there is no such flag', hint };
  const message = `unknown flag ${[...new Set(names)].join(', ')}`;
  if (first === '--server' && 'server' in args) {
    return { message, hint: `A server is named without a flag: pgbak ${command.name} SERVER` };
  }
  const meant = MEANT.find(({ command: of, typed: pattern }) => of === command.name && pattern.test(first));
  if (meant !== undefined) return { message, hint: meant.hint };
  const known = Object.entries(flags).flatMap(([flag, { allowNo, hidden }]) =>
    hidden === true ? [] : allowNo === true ? [`--${flag}`, `--no-${flag}`] : [`--${flag}`],
  );
  const near = names.length === 1 ? didYouMean(first, [...known, '--help', '--json'], (flag) => flag) : '';
  return { message: `${message}${near}`, hint };
}

/** Flags that other programs or commands have. The nearest flag by its letters would mislead. */
const MEANT = [
  {
    command: 'schedule',
    typed: /^--(?:uninstall|delete|disable)$/,
    hint: 'To take it out again: pgbak schedule --remove cron',
  },
  {
    command: 'prune',
    typed: /^--keep-/,
    hint: 'A rule is a setting of a server. For example: pgbak edit shop --keep-last 7',
  },
] as const;

const LONGEST_NAME = 42;

/** The flag in what was typed, without its value; undefined where it may be something else, such as a password. */
function flagIn(typed: string, known: MistypedCommand['flags']): string | undefined {
  if (/^-[a-z]$/i.test(typed)) return typed;
  // `-force`; others that begin like this may be a password, as in `-pSECRET`.
  if (/^-[a-z]/.test(typed) && Object.hasOwn(known, typed.slice(1))) return typed;
  const long = behindShortFlag(typed, known);
  if (long !== undefined) return long;
  const name = /^--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?==|$)/.exec(typed)?.[0];
  return name === undefined || name.length > LONGEST_NAME ? undefined : name;
}

/** The parser takes `-quiet` for `-q` and `-uiet`. The flag that was typed, with its one dash. */
function behindShortFlag(typed: string, known: MistypedCommand['flags']): string | undefined {
  const name = Object.keys(known).find((flag) => known[flag]?.char === flag[0] && typed === `-${flag.slice(1)}`);
  return name === undefined ? undefined : `-${name}`;
}

function missingNames(args: unknown): string {
  const names = (Array.isArray(args) ? args : []).map((arg) => String(Object(arg).name).toUpperCase());
  return names.length === 0 ? 'an argument' : names.join(' and ');
}

/** The first example of the help. */
function exampleOf({ name, examples }: MistypedCommand): string | undefined {
  const [first] = examples ?? [];
  const line = typeof first === 'string' ? first : first?.command;
  return line === undefined
    ? undefined
    : `For example: ${line.replace('<%= config.bin %>', 'pgbak').replace('<%= command.id %>', name)}`;
}

function isReason(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('See more help');
}

/** A line such as `--to=VALUE cannot also be provided when using --output`; the value may hold anything. */
function constraint(line: string): string {
  // oclif dims the lines on a terminal.
  const text = stripVTControlCharacters(line).trim();
  const exclusive = /^(--[a-z0-9-]+)\b.* cannot also be provided when using (--[a-z0-9-]+)(?:=.*)?$/is.exec(text);
  if (exclusive !== null) return `${exclusive.slice(1).sort().join(' and ')} cannot be given together`;
  const missing = /^Missing required flag ([a-z0-9-]+)$/.exec(text);
  if (missing !== null) return `--${missing[1]} is missing`;
  const needed = /must be provided when using (--[a-z0-9-]+): ((?:--[a-z0-9-]+(?:, )?)+)$/.exec(text);
  if (needed !== null) return `${needed[1]} needs ${needed[2]} as well`;
  return UNCLEAR;
}

/** What a flag's value should have been. Leaves out the value itself, behind `received:` or `=`. */
function expectation(message: string, { flags, args }: MistypedCommand): string | undefined {
  const whole = message.replace(/\nSee more help with --help$/, '');
  const rest = /^Parsing --[a-z0-9-]+ \n\t(.*)$/s.exec(whole)?.[1] ?? whole;
  const twice = /^Flag (--[a-z0-9-]+) can only be specified once$/.exec(rest)?.[1];
  if (twice !== undefined) return `${twice} can be given only once`;
  const options = /^Flag (--[a-z0-9-]+) expects one of these values: ([\w, .:|-]+)$/.exec(rest);
  if (options !== null) return `${options[1]} needs a value: ${either(options[2])}`;
  const [, absent] = /^Flag --([a-z0-9-]+) expects a value$/.exec(rest) ?? [];
  if (absent !== undefined) {
    const value = flags[absent]?.helpValue ?? 'VALUE';
    return `--${absent} needs a value: --${absent} ${String(value)}`;
  }
  const choice = /^Expected (?:(--[a-z0-9-]+)=)?(.*) to be one of: ([\w, .:|-]+)$/s.exec(rest);
  if (choice === null) return undefined;
  const [, flag, typed = '', words = ''] = choice;
  return `${flag ?? Object.keys(args)[0]?.toUpperCase() ?? 'the argument'} must be ${either(words)}${didYouMean(typed, words.split(', '))}`;
}

/** `bash, zsh or fish`. */
function either(words = ''): string {
  return words.replace(/, ([^,]+)$/, ' or $1');
}
