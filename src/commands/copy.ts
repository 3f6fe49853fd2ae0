import * as Flags from '@oclif/core/flags';
import { copyBackups, type CopyRow } from '../backup/copy-backups.ts';
import { findServers } from '../catalog/find-server.ts';
import { takeRunLock } from '../catalog/run-lock.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { openLog } from '../terminal/log.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { terminalWidth } from '../terminal/output.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { copyTable } from '../terminal/tables.ts';
import { utcFlag } from '../terminal/utc.ts';

export default class Copy extends BaseCommand {
  static override summary = 'Make the copies that are missing of backups';
  static override description = `A server may have several destinations. Where one of them could not be reached, its copy is missing, and the next run makes it out of another copy. The same holds for a copy that verify found bad. This command makes them now.

Without --at, it looks at the newest backup of each server, and at those of which a copy is known to be missing. After a destination was added, --all-backups brings the earlier backups there.

pgbak compares the checksum of what it copies with the one that was recorded.

EXIT STATUS
  0   no copy is missing now
  1   at least one copy could not be made
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    { description: 'All copies that are known to be missing', command: '<%= config.bin %> <%= command.id %>' },
    {
      description: 'All backups of a server into a destination that was added',
      command: '<%= config.bin %> <%= command.id %> shop --to offsite --all-backups',
    },
  ];
  static override args = anyServers;
  static override flags = {
    at: Flags.string({
      description: 'latest, the id of a backup, or a time, as for restore',
      helpValue: 'WHEN',
      exclusive: ['all-backups'],
    }),
    to: Flags.string({ description: 'only to this destination or place', helpValue: 'NAME' }),
    'all-backups': Flags.boolean({ description: 'every backup that can be restored' }),
    wait: numberFlag({ unit: 'seconds', example: 600 })({
      description: 'wait so long for a run to end',
      helpValue: 'SECONDS',
      default: 0,
    }),
    quiet: Flags.boolean({ char: 'q', description: 'print only what went wrong' }),
    ...utcFlag,
  };

  async run(): Promise<CopyRow[]> {
    const { args, flags } = await this.parse(Copy);
    await using context = await this.openContext('change');
    await using log = await openLog(context.environment, { isQuiet: flags.quiet, isJson: this.jsonEnabled() });
    const servers = await findServers(context.catalog, args.server);
    await using _lock = await takeRunLock(context, { command: 'copy', waitMs: flags.wait * 1000 });
    const choice = { at: flags.at, to: flags.to, isEvery: flags['all-backups'] };
    const rows: CopyRow[] = [];
    for (const server of servers) rows.push(...(await copyBackups(server, choice, { ...context, report: log.report })));
    if (!flags.quiet)
      this.log(rows.length === 0 ? 'No copy is missing.' : copyTable(rows, terminalWidth(process.stdout)));
    process.exitCode = rows.every(({ success }) => success) ? 0 : 1;
    return rows;
  }
}
