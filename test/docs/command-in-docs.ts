import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ROOT } from './pages.ts';

interface Flag {
  type: 'option' | 'boolean';
  char?: string;
  allowNo?: boolean;
  multiple?: boolean;
  options?: string[];
}

interface CommandFacts {
  id: string;
  aliases: string[];
  args: Record<string, { multiple?: boolean }>;
  flags: Record<string, Flag>;
  examples?: (string | { command: string })[];
  strict: boolean;
}

/** What oclif knows of pgbak's commands. */
function readCommands(): CommandFacts[] {
  const manifest: { commands: Record<string, CommandFacts> } = JSON.parse(
    readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'),
  );
  return Object.values(manifest.commands);
}

const COMMANDS = readCommands();
/** Answered without a command. */
const WORDS = new Set(['--help', '-h', '--version', '-v', 'help', 'version']);

/** The examples in the help of each command. */
export function examplesInHelp(): string[] {
  return COMMANDS.flatMap(({ id, examples = [] }) =>
    examples.map((example) =>
      (typeof example === 'string' ? example : example.command)
        .replaceAll('<%= config.bin %>', 'pgbak')
        .replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
    ),
  );
}

/** The words behind `pgbak` in a line of shell, up to a pipe, a redirection or a comment; undefined where it is not called. */
export function wordsFor(line: string): string[] | undefined {
  const [, rest] = /(?:^|[\s;&|(])pgbak((?:\s.*)?)$/.exec(line) ?? [];
  if (rest === undefined) return undefined;
  const words: string[] = [];
  for (const [word] of rest.matchAll(/[|;&>#]+|(?:"[^"]*"|'[^']*'|[^\s"'|;&>])+/g)) {
    if (/^[|;&>#]/.test(word)) break;
    words.push(word.replaceAll(/["']/g, ''));
  }
  return words;
}

/** Why pgbak would not take these words; undefined where it would. Values are not looked at, except choices. */
export function faultIn(words: readonly string[]): string | undefined {
  const [first] = words;
  if (first === undefined || WORDS.has(first)) return undefined;
  const named = COMMANDS.flatMap((command) => [command.id, ...command.aliases].map((id) => ({ command, id })))
    .map(({ command, id }) => ({ command, name: id.split(':') }))
    .toSorted((a, b) => b.name.length - a.name.length)
    .find(({ name }) => name.every((part, index) => part === words[index]));
  // `catalog` alone shows its commands.
  if (named === undefined)
    return COMMANDS.some(({ id }) => id.startsWith(`${words.join(':')}:`)) ? undefined : 'no command';
  const { command, name } = named;
  try {
    const { values, positionals } = parseArgs({
      args: words.slice(name.length),
      options: optionsOf(command),
      allowPositionals: true,
    });
    // "..." stands for more flags.
    const given = positionals.filter((word) => word !== '...').length;
    const most = Object.values(command.args).reduce(
      (sum, { multiple }) => sum + (multiple === true ? Number.POSITIVE_INFINITY : 1),
      0,
    );
    if (command.strict && given > most) return 'too many arguments';
    const wrong = Object.entries(values).find(([flag, value]) => {
      const choices = command.flags[flag]?.options;
      // A page may name several: `--format sql|binary`.
      return (
        choices !== undefined &&
        !String(value)
          .split(/[|,]/)
          .every((one) => choices.includes(one))
      );
    });
    return wrong === undefined ? undefined : `--${wrong[0]} takes no ${String(wrong[1])}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function optionsOf({ flags }: CommandFacts): NonNullable<ParseArgsConfig['options']> {
  const all: Record<string, Flag> = { ...flags, help: { type: 'boolean', char: 'h' } };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, { type, char, allowNo, multiple = false }]) => {
      const option = {
        type: type === 'option' ? ('string' as const) : ('boolean' as const),
        multiple,
        ...(char === undefined ? {} : { short: char }),
      };
      return [[name, option] as const, ...(allowNo === true ? [[`no-${name}`, option] as const] : [])];
    }),
  );
}
