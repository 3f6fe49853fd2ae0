import * as Flags from '@oclif/core/flags';
import { backupRow, type BackupRow } from '../monitor/history.ts';
import { BACKUP_COLUMNS, backupCells, backupDetails } from '../terminal/backup-table.ts';
import { utcFlag } from '../terminal/utc.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findBackup, findServers } from '../catalog/find-server.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { paint, terminalWidth } from '../terminal/output.ts';
import { renderTable } from '../terminal/table.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import { ConfigError } from '../core/errors.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Trimmed, TrimOptions } from '../retention/trim-history.ts';

const KEEP_DAYS = 365;
const TRIM = 'TRIMMING THE HISTORY';

export default class Logs extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Show past backups, newest first';
  static override description = `--trim removes old entries that nothing needs any more: failed attempts, and backups whose archive was removed. An entry stays, however old, while its archive is in storage. The last attempts of each server stay too, with its last good one, its last failed one, and its last verifications.

EXIT STATUS
  0   shown, or trimmed
  2   wrong use or configuration, such as an unknown server
  75  with --trim: a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'What went wrong lately', command: '<%= config.bin %> <%= command.id %> shop --failed --limit 5' },
    {
      description: 'Forget what is older than two years and not in storage',
      command: '<%= config.bin %> <%= command.id %> --trim --keep-days 730',
    },
  ];
  static override args = anyServers;
  static override flags = {
    limit: numberFlag({ example: 50, least: 1 })({ description: 'how many to show', default: 50, helpValue: 'N' }),
    failed: Flags.boolean({ description: 'only failed backups' }),
    id: numberFlag({ example: 17 })({ description: 'everything about one backup', helpValue: 'ID' }),
    trim: Flags.boolean({
      description: 'remove old entries that nothing needs any more',
      exclusive: ['failed', 'id'],
      helpGroup: TRIM,
    }),
    'keep-days': numberFlag({ unit: 'days', example: 730, least: 1, most: 36_500 })({
      description: `keep all entries of so many days, ${KEEP_DAYS} when left out`,
      helpGroup: TRIM,
      helpValue: 'DAYS',
      dependsOn: ['trim'],
    }),
    'dry-run': Flags.boolean({ description: 'only say how many would go', dependsOn: ['trim'], helpGroup: TRIM }),
    wait: numberFlag({ unit: 'seconds', example: 600 })({
      description: 'wait so long for a run to end',
      helpGroup: TRIM,
      helpValue: 'SECONDS',
      dependsOn: ['trim'],
    }),
    ...utcFlag,
  };

  async run(): Promise<BackupRow[] | Trimmed> {
    const { args, flags } = await this.parse(Logs);
    if (flags.trim) {
      return await this.trim(args.server, {
        keepDays: flags['keep-days'] ?? KEEP_DAYS,
        isDry: flags['dry-run'],
        waitMs: (flags.wait ?? 0) * 1000,
      });
    }
    await using context = await this.openContext('read', { isInterruptible: false });
    const { catalog } = context;
    if (flags.id !== undefined) {
      const backup = await findBackup(catalog, flags.id, args.server);
      const partSums = await catalog.backups.partSums(backup.backupId);
      this.log(backupDetails(backup, partSums, new Date(), terminalWidth(process.stdout)));
      return [backupRow(backup, partSums)];
    }
    const servers = args.server === undefined ? undefined : await this.serversNamed(args.server, catalog);
    const backups = await catalog.backups.list({
      limit: flags.limit,
      failedOnly: flags.failed,
      isByTime: true,
      ...(servers === undefined ? {} : { serverIds: servers.map(({ id }) => id) }),
    });
    if (backups.length === 0) {
      this.log(flags.failed ? 'No failed backups.' : 'No backups yet. Make one: pgbak run --force');
    } else {
      const now = new Date();
      const cells = backups.map((backup) => backupCells(backup, now));
      this.log(renderTable(BACKUP_COLUMNS, cells, terminalWidth(process.stdout)));
      if (backups.some(({ error }) => error !== undefined))
        this.log(paint('dim', 'The whole of one: pgbak logs --id ID'));
    }
    return backups.map((backup) => backupRow(backup));
  }

  /** The servers; where there is none of that id, a backup may be meant. */
  private async serversNamed(named: readonly string[], catalog: Catalog): Promise<ServerRecord[]> {
    try {
      return await findServers(catalog, named);
    } catch (error) {
      const [id = ''] = named.length === 1 ? named : [];
      const isBackup = /^\d{1,15}$/.test(id) && (await catalog.backups.find(Number(id))) !== undefined;
      if (!isBackup || !(error instanceof ConfigError)) throw error;
      throw new ConfigError(error.message, `Backup ${Number(id)}: pgbak logs --id ${Number(id)}`);
    }
  }

  private async trim(named: string[] | undefined, options: Omit<TrimOptions, 'serverIds'>): Promise<Trimmed> {
    const { trimHistory, trimmedInWords } = await import('../retention/trim-history.ts');
    await using context = await this.openContext(options.isDry === true ? 'read' : 'change');
    const servers = named === undefined ? undefined : await findServers(context.catalog, named);
    const trimmed = await trimHistory(context, { ...options, serverIds: servers?.map(({ id }) => id) });
    this.log(trimmedInWords(trimmed));
    return trimmed;
  }
}
