import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { Command } from '@oclif/core/command';
import { BaseCommand } from '../terminal/base-command.ts';
import { completionScript, SHELLS, type CompletedCommand } from '../terminal/completion.ts';
import { openHealthyCatalog } from '../catalog/open-context.ts';
import { ConfigError } from '../core/errors.ts';

export default class Completion extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Print a completion script for bash, zsh or fish';
  static override description = `Completes commands, flags, values, servers and backups.

bash  in ~/.bashrc: source <(pgbak completion bash)
zsh   in ~/.zshrc, after compinit: source <(pgbak completion zsh)
fish  once: pgbak completion fish > ~/.config/fish/completions/pgbak.fish`;
  static override examples = ['source <(<%= config.bin %> <%= command.id %> bash)'];
  static override enableJsonFlag = false;
  static override args = { shell: Args.string({ description: 'bash, zsh or fish', options: [...SHELLS] }) };
  static override flags = {
    servers: Flags.boolean({ hidden: true, description: 'the names of the servers, a line each' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    if (flags.servers) {
      // Completion must not create a catalogue.
      await using opened = await openHealthyCatalog();
      for (const { name } of (await opened.catalog?.servers.list()) ?? []) this.log(name);
      return;
    }
    const shell = SHELLS.find((known) => known === args.shell);
    if (shell === undefined) throw new ConfigError('for which shell?', 'For example: pgbak completion bash');
    const commands = grouped(this.config.commands.filter(({ hidden }) => !hidden).map((command) => completed(command)));
    process.stdout.write(
      completionScript(
        shell,
        commands.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    );
  }
}

/** Groups `catalog:export`, `catalog:rebuild` and so on under `catalog`, with the flags of all of them. */
function grouped(commands: readonly CompletedCommand[]): CompletedCommand[] {
  const topics = new Map<string, CompletedCommand>();
  for (const command of commands) {
    const [topic = '', subcommand] = command.name.split(':');
    const before = topics.get(topic);
    const flags = [...(before?.flags ?? []), ...command.flags.filter(({ name }) => name !== 'json' || !before)];
    const subcommands = [...(before?.subcommands ?? []), ...(subcommand === undefined ? [] : [subcommand])];
    const summary = subcommand === undefined ? command.summary : 'copies of the catalogue, and a new one';
    topics.set(topic, { ...command, name: topic, summary, flags, subcommands });
  }
  return [...topics.values()];
}

function completed(command: Command.Loadable): CompletedCommand {
  return {
    name: command.id,
    summary: command.summary ?? '',
    takesServer: 'server' in (command.args ?? {}),
    subcommands: [],
    flags: Object.values(command.flags ?? {}).flatMap((flag) =>
      flag.hidden === true
        ? []
        : [
            {
              name: flag.name,
              summary: flag.summary ?? flag.description ?? '',
              values: 'options' in flag && Array.isArray(flag.options) ? flag.options.map(String) : [],
              takesValue: flag.type === 'option',
            },
          ],
    ),
  };
}
