import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { ConfigError, errorMessage } from '../core/errors.ts';

/** An error of oclif's parser, by the fields that its classes have (@oclif/core/parser/errors). */
interface ParserError {
  message: string;
  /** Nonexistent flags as they were typed, `--name=value` among them. */
  flags?: unknown;
  args?: unknown;
}

/**
 * Tells what is wrong with a command line without repeating a value of it, which may be a password or a connection string.
 * The message names flags only, and only words that look like one.
 */
export function usageMessage(error: ParserError): string {
  const { message } = error;
  if (message.startsWith('Nonexistent flag')) return unknownFlags(error.flags);
  if (message.startsWith('Unexpected argument')) {
    const count = Array.isArray(error.args) ? error.args.length : 1;
    return count === 1 ? 'there is one argument too many' : `there are ${count} arguments too many`;
  }
  if (/^Missing \d+ required arg/.test(message)) return 'an argument is missing';
  if (/^The following errors? occurred/.test(message)) {
    const reasons = message.split('\n').slice(1).filter(isReason).map(constraint);
    return [...new Set(reasons)].join('; ') || UNCLEAR;
  }
  const expected = expectation(message);
  return expected ?? UNCLEAR;
}

const UNCLEAR = 'this command line cannot be understood';

function unknownFlags(flags: unknown): string {
  const typed: unknown[] = Array.isArray(flags) ? flags : [];
  const names = typed.map((flag) => /^--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?==|$)/.exec(String(flag))?.[0]);
  const known = [...new Set(names.filter((name) => name !== undefined))];
  if (known.length === 0 || known.length < names.length) return 'there is no such flag';
  return `there is no flag ${known.join(', ')}`;
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
function expectation(message: string): string | undefined {
  const whole = message.replace(/\nSee more help with --help$/, '');
  const [, parsed, rest = whole] = /^Parsing (--[a-z0-9-]+) \n\t(.*)$/s.exec(whole) ?? [];
  const absent = /^Flag (--[a-z0-9-]+ (?:expects a value|expects one of these values: .*|can only be specified once))$/;
  const about = absent.exec(rest)?.[1];
  if (about !== undefined) return about;
  const options = /^Expected (--[a-z0-9-]+(?==))?.* to be (one of: [\w, .:|-]+)$/s.exec(rest);
  if (options !== null) return `${options[1] ?? parsed ?? 'the argument'} must be ${options[2]}`;
  if (parsed === undefined) return undefined;
  const wanted = /^Expected (an? [a-z0-9 ]+?) but received: /.exec(rest)?.[1];
  return wanted === undefined ? `${parsed} has a value that cannot be meant` : `${parsed} takes ${wanted}`;
}

/**
 * The same for errors that oclif throws outside of a command: no such command (`command add postgresql://... not found`),
 * or no help for it. May name the nearest command. `program` is the URL of bin/run.js.
 */
export function unknownCommandMessage(error: unknown, words: readonly string[], program: string): string {
  if (!/not found/.test(errorMessage(error))) return UNCLEAR;
  const commands = Object.keys(
    Object(JSON.parse(readFileSync(new URL('../oclif.manifest.json', program), 'utf8'))).commands,
  );
  const names = new Set(commands.map((id) => id.split(':')[0] ?? id));
  const [first = ''] = words.filter((word) => !word.startsWith('-'));
  if (names.has(first)) return `${first} takes no such argument`;
  const near = [...names].filter((name) => distance(first, name) <= 2);
  return `there is no such command${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`;
}

/** The Levenshtein distance: letters to insert, remove or change. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_none, index) => index);
  for (const [row, letter] of a.split('').entries()) {
    const next = [row + 1];
    for (const [column, other] of b.split('').entries()) {
      const change = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (previous[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    previous = next;
  }
  return previous[b.length] ?? 0;
}

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
