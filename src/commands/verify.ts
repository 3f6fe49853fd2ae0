import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { findServer } from '../cli/find-server.ts';
import { listenForInterruption } from '../cli/interruption.ts';
import { buildRestoreTools, scratchOn } from '../cli/open-restore.ts';
import { openWorkplace } from '../cli/open-tools.ts';
import { paint } from '../cli/paint.ts';
import { renderTable } from '../cli/table.ts';
import { resolveReference } from '../config/reference.ts';
import { Secret } from '../config/secret.ts';
import { ConfigError } from '../errors.ts';
import { choosePoint } from '../restore/choose-point.ts';
import { LEVELS, verify, type Verification } from '../restore/verify.ts';

const COLUMNS = [
  { title: 'server', shrinksTo: 8 },
  { title: 'backup' },
  { title: 'result' },
  { title: 'what was seen', shrinksTo: 20 },
];

export default class Verify extends BaseCommand {
  static override summary = 'prove that backups are there and can be read';
  static override description = `remote   storage has the object, with the size that was recorded (in B2 also the SHA-1)
archive  it is fetched, compared, opened with its password, and its dump read to the end
restore  it is loaded into a throwaway database on the server of --scratch-url, and every table there is read

Without a server, the last good backup of each.

EXIT STATUS
  0  all are good
  1  at least one is not
  2  wrong use or configuration`;
  static override examples = [
    { description: 'for a weekly line in the crontab', command: '<%= config.bin %> <%= command.id %>' },
    '<%= config.bin %> <%= command.id %> shop --at 17 --level remote',
    {
      description: 'all the way',
      command:
        '<%= config.bin %> <%= command.id %> --level restore --scratch-url postgresql://postgres@localhost/postgres',
    },
  ];
  static override args = { server: Args.string({ description: 'id or name of a server; all when left out' }) };
  static override flags = {
    at: Flags.string({ description: 'latest, the id of a backup, or a time', default: 'latest', helpValue: 'WHEN' }),
    'scratch-url': Flags.string({
      description: 'connection string of a server for throwaway databases, or env:NAME or file:/path',
      helpValue: 'URL',
    }),
    level: Flags.option({ options: LEVELS, description: 'how thoroughly', default: 'archive' })(),
  };

  async run(): Promise<Verification[]> {
    const { args, flags } = await this.parse(Verify);
    await using workplace = await openWorkplace();
    using interruption = listenForInterruption();
    const { catalog, environment } = workplace;
    const { signal } = interruption;
    const given = flags['scratch-url'];
    const url =
      given === undefined ? undefined : resolveReference(new Secret(given), 'the scratch URL', environment.variable);
    if (flags.level === 'restore' && url === undefined) {
      throw new ConfigError(
        'where to restore was not said',
        'A server that may hold a throwaway database: --scratch-url URL',
      );
    }
    const tools = {
      ...buildRestoreTools(workplace, () => {}, signal),
      createScratch: scratchOn(url, workplace, signal),
    };
    const isAll = args.server === undefined;
    const servers = isAll ? await catalog.servers.list() : [await findServer(catalog, args.server ?? '')];
    const results: Verification[] = [];
    for (const server of servers) {
      const backups = await catalog.backups.list({ serverId: server.id, goodOnly: true, limit: 100_000 });
      // A server that has no good backup yet is for "status" to complain about.
      if (isAll && backups.length === 0) continue;
      const secret = server.archivePassword ?? environment.archivePassword;
      const password = () =>
        secret === undefined ? undefined : resolveReference(secret, 'the archive password', environment.variable);
      results.push(await verify(flags.level, server, choosePoint(backups, flags.at), password, tools));
    }
    if (isAll && results.length === 0)
      throw new ConfigError('there is no good backup to verify', 'Make one: pgbak run --force');
    const cells = results.map(({ name, backupId, isGood, message }) => [
      name,
      String(backupId),
      isGood ? paint('green', 'good') : paint('red', 'BAD'),
      message,
    ]);
    this.log(renderTable(COLUMNS, cells, process.stdout.isTTY ? process.stdout.columns : undefined));
    process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1;
    return results;
  }
}
