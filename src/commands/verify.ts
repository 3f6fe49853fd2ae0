import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findPoint } from '../restore/choose-point.ts';
import { findServers } from '../catalog/find-server.ts';
import { passwordsOf } from '../restore/archive-passwords.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { openScratchServer } from '../restore/scratch/open-scratch.ts';
import { sweepKilled } from '../restore/temporary.ts';
import { renderTable } from '../terminal/table.ts';
import { tell, terminalWidth } from '../terminal/output.ts';
import { VERIFICATION_COLUMNS, verificationCells } from '../terminal/tables.ts';
import { passwordGiven } from '../terminal/prompts/restore-questions.ts';
import { Secret } from '../core/secret.ts';
import { LEVELS } from '../core/backup-record.ts';
import { mayRepeat } from '../core/nearest.ts';
import { quoted } from '../core/printable.ts';
import { ConfigError, PgbakError } from '../core/errors.ts';
import { longestUnverified, type Verification, verify } from '../restore/verify.ts';

export default class Verify extends BaseCommand {
  static override summary = 'Prove that backups are there and can be restored';
  static override description = `remote   the storage has the archive, in its recorded size (B2: and SHA-1)
archive  pgbak fetches the archive, compares its checksums, opens it with its password, and reads the dump to its end
restore  pgbak restores it into a throwaway database and counts the rows of every table; with --count-rows of the server it compares them with those at the time of the dump

Without a server, the last good backup of each server is verified. The result stays in the catalogue, for list, status and prune.

The throwaway database lives in a PostgreSQL server that pgbak starts for it, where one is installed. Otherwise name one: --scratch-url or PGBAK_SCRATCH_URL.

EXIT STATUS
  0  all are good
  1  at least one is not, or could not be looked at
  2  wrong use or configuration`;
  static override examples = [
    { description: 'The last backup of all servers', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'Every week: restore the five servers that were verified longest ago',
      command: '<%= config.bin %> <%= command.id %> --all --sample 5 --level restore',
    },
    '<%= config.bin %> <%= command.id %> shop --at 17 --level remote',
  ];
  static override args = anyServers;
  static override flags = {
    all: Flags.boolean({ description: 'the last good backup of every server, as when none is named' }),
    sample: numberFlag({ example: 5, least: 1 })({
      description: 'only the N servers that were verified longest ago',
      helpValue: 'N',
    }),
    at: Flags.string({
      description: 'latest, the id of a backup, or a time, such as 10:15 or "yesterday 10:15"',
      default: 'latest',
      helpValue: 'WHEN',
    }),
    'scratch-url': Flags.string({
      description: 'a server for the throwaway database: connection string, env:NAME or file:/path',
      helpValue: 'URL',
    }),
    'archive-password': Flags.string({
      description: "in place of the server's archive passwords: env:NAME, file:/path, or - to type it",
      helpValue: 'PASSWORD',
    }),
    'allow-unencrypted': Flags.boolean({
      description: 'accept an archive that is not encrypted though there is an archive password',
    }),
    level: Flags.option({ options: LEVELS, description: 'how thoroughly', default: 'archive' })(),
    ...utcFlag,
  };

  async run(): Promise<Verification[]> {
    const { args, flags } = await this.parse(Verify);
    const named = args.server ?? [];
    const isAll = named.length === 0;
    if (!isAll && (flags.all || flags.sample !== undefined)) {
      throw new ConfigError(
        '--all and --sample choose among all servers, and servers were named',
        'Leave the flag out, or the servers.',
      );
    }
    if (named.length !== 1 && /^\d+$/.test(flags.at)) {
      throw new ConfigError(
        `--at ${flags.at} is a backup of one server, and ${isAll ? 'none was' : `${named.length} were`} named`,
        `For example: pgbak verify ${mayRepeat(named[0] ?? '') ? quoted(named[0] ?? '') : 'shop'} --at ${flags.at}`,
      );
    }
    await using context = await this.openContext('read');
    const { catalog, environment } = context;
    const url = flags['scratch-url'];
    await using scratch = openScratchServer(url === undefined ? undefined : new Secret(url), context);
    const warn = (message: string) => tell(`pgbak: ${message}`);
    for (const message of (await sweepKilled(context)).removed) warn(message);
    const given = await passwordGiven(flags['archive-password'], environment, this.jsonEnabled());
    const servers = isAll
      ? await longestUnverified(catalog, new Date(), flags.sample)
      : await findServers(catalog, named);
    const results: Verification[] = [];
    let isComplete = true;
    for (const server of servers) {
      const point = await findPoint(server, flags.at, context).catch((error: unknown) => {
        if (named.length === 1 || !(error instanceof PgbakError)) throw error;
        warn(`${server.name}: ${error.message}`);
        isComplete = false;
      });
      if (point === undefined) continue;
      const request = {
        level: flags.level,
        server,
        point,
        passwords: () => passwordsOf(server, environment, given),
        scratch,
      };
      results.push(await verify({ ...request, allowsUnencrypted: flags['allow-unencrypted'] }, context));
    }
    if (results.length === 0 && isComplete) {
      throw new ConfigError('there is no good backup to verify', 'Make one: pgbak run --force');
    }
    const cells = results.map((result) => verificationCells(result));
    this.log(renderTable(VERIFICATION_COLUMNS, cells, terminalWidth(process.stdout)));
    process.exitCode = isComplete && results.every(({ isGood }) => isGood) ? 0 : 1;
    return results;
  }
}
