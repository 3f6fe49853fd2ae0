import * as Flags from '@oclif/core/flags';
import { archivesOf, deleteServer, effectOfDeletion, type StayingArchives } from '../retention/what-stays.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { oneServer } from '../terminal/server-arguments.ts';
import { canAsk } from '../terminal/output.ts';
import { chooseServer } from '../terminal/prompts/choose-server.ts';
import { objectNameOf } from '../server/names.ts';
import { knownPlaceOf } from '../server/destination.ts';
import { DEFAULT_PLACE } from '../storage/place.ts';
import { ConfigError } from '../core/errors.ts';
import { printableName, quoted } from '../core/printable.ts';

/** The document of `del --json`. */
export interface DeletedServer {
  id: number;
  name: string;
  /** Where its archives went, and under which name. */
  place: string;
  objectName: string;
  /** What stays in storage. */
  archives: StayingArchives[];
}

export default class Del extends BaseCommand {
  static override summary = 'Forget a server; its backups stay where they are';
  static override description = `Nothing is deleted in storage. The archives stay, and so does the history in "pgbak logs".

EXIT STATUS
  0  deleted
  2  wrong use or configuration, or no to the question`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> shop',
    { description: 'Without a question, for scripts', command: '<%= config.bin %> <%= command.id %> shop --yes' },
  ];
  static override args = oneServer;
  static override flags = { yes: Flags.boolean({ char: 'y', description: 'do not ask; the answer is yes' }) };

  async run(): Promise<DeletedServer> {
    const { args, flags } = await this.parse(Del);
    await using context = await this.openContext('change', { isInterruptible: false });
    const { catalog, environment } = context;
    const isJson = this.jsonEnabled();
    const choice = {
      idOrName: args.server,
      question: 'Delete which server?',
      usage: 'pgbak del shop --yes',
      isJson,
      isAbout: { server: 'del' },
    };
    const server = await chooseServer(catalog, choice);
    const archives = await archivesOf(server, catalog);
    if (!flags.yes) {
      if (!canAsk(isJson)) {
        throw new ConfigError(
          `${server.name} was not deleted: there is no terminal to ask on`,
          `Say yes to it: pgbak del ${quoted(server.name)} --yes`,
        );
      }
      const [{ confirm }, { fitted }] = await Promise.all([
        import('@inquirer/prompts'),
        import('../terminal/prompts/fitted.ts'),
      ]);
      this.log(effectOfDeletion(server, archives));
      if (!(await confirm({ message: fitted(`Forget ${printableName(server.name)}?`), default: false })))
        throw new ConfigError(`nothing was deleted: ${server.name} stays`);
    }
    const { told, commands, history } = await deleteServer(server, archives, catalog);
    this.log(told);
    for (const line of commands) this.logAsIs(line);
    this.log(history);
    return {
      id: server.id,
      name: server.name,
      place: knownPlaceOf(server, environment) ?? DEFAULT_PLACE,
      objectName: objectNameOf(server.archiveName, server.format),
      archives,
    };
  }
}
