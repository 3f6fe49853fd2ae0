import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { chooseVerified, isStillStored } from '../restore/choose-verified.ts';
import { passwordsOf } from '../restore/archive-passwords.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { openScratchServer } from '../restore/scratch/open-scratch.ts';
import { sweepKilled } from '../restore/temporary.ts';
import { tell, terminalWidth } from '../terminal/output.ts';
import { fromFlag } from '../terminal/restore-flags.ts';
import { verificationTable } from '../terminal/tables.ts';
import { showVerify } from '../terminal/verify-progress.ts';
import { passwordGiven } from '../terminal/prompts/restore-questions.ts';
import type { Context } from '../core/context.ts';
import { grouped } from '../core/group-by.ts';
import type { ServerRecord } from '../server/server.ts';
import { Secret } from '../core/secret.ts';
import { LEVELS } from '../core/backup-record.ts';
import { mayRepeat } from '../core/nearest.ts';
import { quoted } from '../core/printable.ts';
import { ConfigError } from '../core/errors.ts';
import { announceVerified } from '../restore/announce-verified.ts';
import { type Verification, verifyQuietly } from '../restore/verify.ts';

export default class Verify extends BaseCommand {
  static override summary = 'Prove that backups are there and can be restored';
  static override description = `remote   the storage has the archive, in its recorded size (B2: and SHA-1)
archive  pgbak fetches the archive, compares its checksums, opens it with its password, and reads the dump to its end
restore  pgbak restores it into a throwaway database and counts the rows of every table; with --count-rows of the server it compares them with those at the time of the dump

Without --all or --at, the last good backup of each server is verified. The result stays in the catalogue, for list, status and prune.

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
    { description: 'Every backup of a server', command: '<%= config.bin %> <%= command.id %> shop --all' },
    '<%= config.bin %> <%= command.id %> shop --at 17 --level remote',
  ];
  static override args = anyServers;
  static override flags = {
    all: Flags.boolean({
      description: 'all backups of the servers named, newest first; without a server: the last good one of each',
    }),
    'all-backups': Flags.boolean({ description: 'all backups, also of all servers' }),
    sample: numberFlag({ example: 5, least: 1 })({
      description: 'only the N servers that were verified longest ago',
      helpValue: 'N',
    }),
    at: Flags.string({
      description: 'latest (without --at), the id of a backup, or a time, such as 10:15 or "yesterday 10:15"',
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
    ...fromFlag,
    level: Flags.option({ options: LEVELS, description: 'how thoroughly', default: 'archive' })(),
    ...utcFlag,
  };

  async run(): Promise<Verification[]> {
    const { args, flags } = await this.parse(Verify);
    const names = args.server ?? [];
    const isEvery = flags['all-backups'] || (flags.all && names.length > 0);
    refuseContradictions(names, flags, isEvery);
    const which = isEvery ? 'every' : { at: flags.at ?? 'latest' };
    await using opened = await this.openContext('read');
    using progress = await showVerify();
    const context = { ...opened, report: progress.report };
    const { environment } = context;
    const url = flags['scratch-url'];
    await using scratch = openScratchServer(url === undefined ? undefined : new Secret(url), context);
    for (const message of (await sweepKilled(context)).removed) tell(`pgbak: ${message}`);
    const given = await passwordGiven(flags['archive-password'], environment, this.jsonEnabled());
    const { chosen, isComplete } = await chooseVerified(
      { names, sample: flags.sample, which, from: flags.from },
      context,
    );
    const results: Verification[] = [];
    const count = chosen.reduce((sum, { points }) => sum + points.length, 0);
    let number = 0;
    for (const { server, points } of chosen) {
      const passwords = () => passwordsOf(server, environment, given);
      const ofServer: Verification[] = [];
      for (const point of points) {
        number += 1;
        if (isEvery && !(await isStillStored(point, context))) continue;
        const where = points.some(({ copyOf }) => copyOf !== undefined) ? ` in ${point.place}` : '';
        progress.begin(`backup ${point.copyOf ?? point.backupId} of ${server.name}${where}`, number, count);
        const request = { level: flags.level, server, point, passwords, scratch };
        ofServer.push(await verifyQuietly({ ...request, allowsUnencrypted: flags['allow-unencrypted'] }, context));
      }
      // One ping tells of all parts of a cluster.
      if (ofServer.length > 0 && server.partOf === undefined) await announceVerified(server, ofServer, context);
      results.push(...ofServer);
    }
    await announceParts(chosen, results, context);
    progress[Symbol.dispose]();
    if (results.length === 0 && isComplete) {
      throw new ConfigError('there is no good backup to verify', 'Make one: pgbak run --force');
    }
    this.log(verificationTable(results, terminalWidth(process.stdout)));
    process.exitCode = isComplete && results.every(({ isGood }) => isGood) ? 0 : 1;
    return results;
  }
}

/** Pings once for each cluster of which parts were verified. */
async function announceParts(
  chosen: readonly { server: ServerRecord }[],
  results: readonly Verification[],
  context: Context,
): Promise<void> {
  const parts = chosen.filter(({ server }) => server.partOf !== undefined);
  for (const [, members] of grouped(parts, ({ server }) => server.partOf?.clusterId ?? 0)) {
    const ids = new Set(members.map(({ server }) => server.id));
    const ofCluster = results.filter(({ serverId }) => ids.has(serverId));
    const [first] = members;
    if (first !== undefined && ofCluster.length > 0) await announceVerified(first.server, ofCluster, context);
  }
}

interface Choice {
  all: boolean;
  at?: string | undefined;
  sample?: number | undefined;
}

/** Throws a `ConfigError` where the flags choose backups in two ways. */
function refuseContradictions(names: readonly string[], { all, at, sample }: Choice, isEvery: boolean): void {
  if (names.length > 0 && sample !== undefined) {
    throw new ConfigError(
      '--sample chooses among all servers, and servers were named',
      'Leave the flag out, or the servers.',
    );
  }
  const [name = ''] = names;
  const shown = mayRepeat(name) ? quoted(name) : 'shop';
  if (isEvery && at !== undefined) {
    throw new ConfigError(
      `${all ? '--all' : '--all-backups'} takes every backup, and --at a single one`,
      `Leave one of them out, as in: pgbak verify ${shown} --all`,
    );
  }
  if (names.length !== 1 && at !== undefined && /^\d+$/.test(at)) {
    throw new ConfigError(
      `--at ${at} is a backup of one server, and ${names.length === 0 ? 'none was' : `${names.length} were`} named`,
      `For example: pgbak verify ${shown} --at ${at}`,
    );
  }
}
