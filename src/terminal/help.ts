import { Help } from '@oclif/core/help';
import type { Command } from '@oclif/core/command';
import type { Interfaces } from '@oclif/core';
import { wrapAnsi } from 'fast-wrap-ansi';
import { ALIASES } from './aliases.ts';
import { commandLine, definitions, paragraphs, sentence } from './help-layout.ts';
import { paint, terminalWidth } from './output.ts';

const WIDTH_OF_FILES = 80;
const NARROWEST = 40;

/** What people do with pgbak, in that order, and the commands for it. */
const GROUPS: readonly (readonly [title: string, commands: readonly string[]])[] = [
  ['SET UP', ['add', 'edit', 'del', 'schedule']],
  ['DESTINATIONS', ['destination add', 'destination edit', 'destination del', 'destination list', 'destination test']],
  ['BACK UP', ['run', 'copy']],
  ['LOOK', ['status', 'list', 'logs', 'backups', 'web']],
  ['RESTORE', ['restore', 'verify']],
  ['KEEP', ['prune', 'keep']],
  ['MAINTAIN', ['doctor', 'catalog export', 'catalog rebuild', 'catalog forget', 'catalog retime', 'completion']],
];

const FIRST_STEPS: readonly (readonly [command: string, what: string])[] = [
  ['pgbak add', 'asks for a database, and where its backups go'],
  ['pgbak run --force', 'backs it up now'],
  ['pgbak schedule', 'shows how cron or systemd start it every hour'],
  ['pgbak restore', 'brings a backup back'],
];

/** The help of pgbak: commands by what people do, examples before flags, flags in the order of their table. */
export class PgbakHelp extends Help {
  private readonly width = Math.max(terminalWidth(process.stdout) ?? WIDTH_OF_FILES, NARROWEST);

  protected override showRootHelp(): Promise<void> {
    const known = new Map(this.config.commands.filter(isShown).map((command) => [nameOf(command), command]));
    const grouped = new Set(GROUPS.flatMap(([, names]) => names));
    const rest = [...known.keys()].filter((name) => !grouped.has(name));
    const column = Math.max(...[...known.keys()].map((name) => name.length));
    const lists = [...GROUPS, ['MORE', rest] as const].map(([title, names]) => {
      const commands = names.flatMap((name) => known.get(name) ?? []);
      const pairs = commands.map((command) => [nameOf(command).padEnd(column), command.summary ?? ''] as const);
      return section(title, pairs.length === 0 ? '' : definitions(pairs, this.width));
    });
    print([
      this.heading(String(this.config.pjson['description'] ?? '')),
      section('USAGE', commandLine('pgbak COMMAND [SERVER...] [FLAGS]', this.width)),
      section(
        'FIRST STEPS',
        definitions(
          FIRST_STEPS.map(([command, what]) => [`$ ${command}`, what]),
          this.width,
        ),
      ),
      ...lists,
      section(
        'HELP',
        definitions(
          [
            ['pgbak COMMAND --help', 'what a command does, with examples and all of its flags'],
            ['pgbak --version', 'the version of pgbak'],
          ],
          this.width,
        ),
      ),
    ]);
    return Promise.resolve();
  }

  override showCommandHelp(command: Command.Loadable): Promise<void> {
    const { description = '', examples = [], summary = '' } = command;
    const name = nameOf(command);
    const args = Object.values(command.args ?? {}).filter(({ hidden }) => hidden !== true);
    const [text = '', exitStatus = ''] = description.split(/\n*^EXIT STATUS\n/m);
    const usage = ['pgbak', name, ...args.map((arg) => usageOf(arg)), '[FLAGS]'].join(' ');
    const aliases = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name);
    print([
      this.heading(summary),
      section('USAGE', commandLine(usage, this.width)),
      section('EXAMPLES', examples.map((example) => this.example(example, name)).join('\n\n')),
      section('DESCRIPTION', text.trim() === '' ? '' : paragraphs(text, this.width)),
      section(
        'ARGUMENTS',
        definitions(
          args.map((arg) => [bareUsageOf(arg), arg.description ?? '']),
          this.width,
        ),
      ),
      ...this.flagSections(Object.values(command.flags ?? {})),
      section('EXIT STATUS', exitStatus.trim() === '' ? '' : paragraphs(exitStatus, this.width)),
      section('OTHER NAMES', aliases.length === 0 ? '' : sentence(aliases.join(', '), this.width)),
    ]);
    return Promise.resolve();
  }

  protected override showTopicHelp(topic: Interfaces.Topic): Promise<void> {
    const commands = this.config.commands.filter(({ id }) => id.startsWith(`${topic.name}:`));
    print([
      this.heading(topic.description ?? ''),
      section('USAGE', commandLine(`pgbak ${topic.name} COMMAND`, this.width)),
      section(
        'COMMANDS',
        definitions(
          commands.map((command) => [nameOf(command), command.summary ?? '']),
          this.width,
        ),
      ),
    ]);
    return Promise.resolve();
  }

  private heading(text: string): string {
    return wrapAnsi(text, this.width, { hard: true });
  }

  private example(example: Command.Example, name: string): string {
    const { description, command } = typeof example === 'string' ? { description: '', command: example } : example;
    const line = commandLine(
      command.replaceAll('<%= config.bin %>', 'pgbak').replaceAll('<%= command.id %>', name),
      this.width,
    );
    return description === '' ? line : `${sentence(`${description}:`, this.width)}\n${line}`;
  }

  /** A section for each group, in the order in which the groups are met. */
  private flagSections(flags: readonly Command.Flag.Cached[]): string[] {
    const groups = new Map<string, Command.Flag.Cached[]>();
    for (const flag of flags.filter(({ hidden }) => hidden !== true)) {
      const title = flag.helpGroup ?? '';
      groups.set(title, [...(groups.get(title) ?? []), flag]);
    }
    const last = groups.get(LAST) ?? [];
    groups.delete(LAST);
    const pairs = (some: readonly Command.Flag.Cached[]) =>
      some.map((flag) => [flagUsage(flag), flagText(flag)] as const);
    return [
      ...[...groups].map(([title, some]) =>
        section(title === '' ? 'FLAGS' : title, definitions(pairs(some), this.width)),
      ),
      section('OUTPUT AND HELP', definitions([...pairs(last), ['--help, -h', 'show this']], this.width)),
    ];
  }
}

/** Stands last, whatever stands before it. */
const LAST = 'OUTPUT';

function isShown({ hidden, id, aliases }: Command.Loadable): boolean {
  return !hidden && !aliases.includes(id);
}

const nameOf = ({ id }: Command.Loadable) => id.replaceAll(':', ' ');

const bareUsageOf = ({ name, multiple }: Command.Arg.Cached) => name.toUpperCase() + (multiple === true ? '...' : '');

function usageOf(arg: Command.Arg.Cached): string {
  return arg.required === true ? bareUsageOf(arg) : `[${bareUsageOf(arg)}]`;
}

function flagUsage(flag: Command.Flag.Cached): string {
  const char = flag.char === undefined ? '' : `, -${flag.char}`;
  if (flag.type === 'boolean') return `--${flag.allowNo ? '[no-]' : ''}${flag.name}${char}`;
  const { helpValue, options } = flag;
  return `--${flag.name}${char} ${helpValue === undefined ? (options?.join('|') ?? 'VALUE') : String(helpValue)}`;
}

function flagText(flag: Command.Flag.Cached): string {
  const text = flag.description ?? '';
  if (flag.type === 'boolean' || flag.default === undefined || flag.default === '') return text;
  return `${text} (default: ${String(flag.default)})`;
}

function section(title: string, body: string): string {
  return body === '' ? '' : `${paint('bold', title)}\n${body}`;
}

function print(sections: readonly string[]): void {
  process.stdout.write(`${sections.filter((text) => text !== '').join('\n\n')}\n`);
}
