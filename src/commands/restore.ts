import { resolve } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { formatBytes } from '../cli/format.ts';
import { listenForInterruption } from '../cli/interruption.ts';
import { buildRestoreTools, databaseTarget } from '../cli/open-restore.ts';
import { openWorkplace } from '../cli/open-tools.ts';
import { chooseServer } from '../cli/prompts/choose-server.ts';
import { resolveReference } from '../config/reference.ts';
import { Secret } from '../config/secret.ts';
import { ConfigError } from '../errors.ts';
import { choosePoint } from '../restore/choose-point.ts';
import { restore } from '../restore/restore.ts';

export default class Restore extends BaseCommand {
  static override summary = 'bring a backup back, into an empty database or a file';
  static override description = `Fetches the archive, compares it with what the catalogue remembers, and reads it to its end. A database gets all of it in one transaction or nothing, and must hold no tables before; a file gets its name when it is whole.

EXIT STATUS
  0  restored
  1  the backup could not be fetched, read or loaded; the target is as before
  2  wrong use or configuration`;
  static override examples = [
    {
      description: 'the last backup, into a new database',
      command: '<%= config.bin %> <%= command.id %> shop --to postgresql://postgres@localhost/restored',
    },
    {
      description: 'as it was on Monday morning, as a file for psql',
      command: '<%= config.bin %> <%= command.id %> shop --at 2026-11-23T08:00Z --output shop.sql',
    },
  ];
  static override args = { server: Args.string({ description: 'id or name of the server' }) };
  static override flags = {
    at: Flags.string({ description: 'latest, the id of a backup, or a time', default: 'latest', helpValue: 'WHEN' }),
    to: Flags.string({
      description: 'connection string of an empty database, or env:NAME or file:/path',
      exclusive: ['output'],
      helpValue: 'URL',
    }),
    output: Flags.string({ description: 'write the dump to this new file', helpValue: 'FILE' }),
    'archive-password': Flags.string({
      description: "in place of today's archive password; env:NAME or file:/path",
      helpValue: 'PASSWORD',
    }),
  };

  async run(): Promise<{ backupId: number; server: string; dumpBytes: number }> {
    const { args, flags } = await this.parse(Restore);
    const { to, output } = flags;
    if (to === undefined && output === undefined) {
      throw new ConfigError('where to was not said', 'Into an empty database: --to URL; into a file: --output FILE');
    }
    await using workplace = await openWorkplace();
    using interruption = listenForInterruption();
    const { signal } = interruption;
    const { catalog, environment } = workplace;
    const usage = 'pgbak restore shop --to URL';
    const isJson = this.jsonEnabled();
    const server = await chooseServer(catalog, {
      idOrName: args.server,
      question: 'Restore which server?',
      usage,
      isJson,
    });
    const backups = await catalog.backups.list({ serverId: server.id, goodOnly: true, limit: 100_000 });
    const point = choosePoint(backups, flags.at);

    const given = flags['archive-password'] === undefined ? undefined : new Secret(flags['archive-password']);
    const secret = given ?? server.archivePassword ?? environment.archivePassword;
    const password =
      secret === undefined ? undefined : resolveReference(secret, 'the archive password', environment.variable);
    const target =
      to === undefined
        ? { kind: 'file' as const, path: resolve(output ?? '') }
        : await databaseTarget(
            resolveReference(new Secret(to), 'the target', environment.variable),
            point,
            workplace,
            signal,
          );
    const say = (message: string) => void process.stderr.write(`${message}\n`);
    const { dumpBytes } = await restore({ server, point, password, target }, buildRestoreTools(workplace, say, signal));
    const where = target.kind === 'file' ? target.path : target.label;
    this.log(`Restored backup ${point.backupId} of ${server.name} into ${where}: ${formatBytes(dumpBytes)} of dump`);
    return { backupId: point.backupId, server: server.name, dumpBytes };
  }
}
