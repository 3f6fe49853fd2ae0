import * as Args from '@oclif/core/args';
import { BaseCommand } from '../terminal/base-command.ts';
import { completionScript, SHELLS } from '../terminal/completion/scripts.ts';
import { ConfigError } from '../core/errors.ts';

/** `completion --json`. */
export interface CompletionScript {
  shell: (typeof SHELLS)[number];
  script: string;
}

export default class Completion extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Print a completion script for bash, zsh or fish';
  static override description = `Completes commands, flags, values, servers and backups.

bash  in ~/.bashrc: source <(pgbak completion bash)
zsh   in ~/.zshrc, after compinit: source <(pgbak completion zsh)
fish  once: pgbak completion fish > ~/.config/fish/completions/pgbak.fish`;
  static override examples = [
    { description: 'For this bash', command: 'source <(<%= config.bin %> <%= command.id %> bash)' },
  ];
  static override args = {
    shell: Args.string({ description: 'bash, zsh or fish', options: [...SHELLS], ignoreStdin: true }),
  };

  async run(): Promise<CompletionScript> {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((known) => known === args.shell);
    if (shell === undefined) throw new ConfigError('for which shell?', 'For example: pgbak completion bash');
    const script = completionScript(shell);
    // As it is: a shell reads it.
    if (!this.jsonEnabled()) process.stdout.write(script);
    return { shell, script };
  }
}
