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
import type { Trimmed, TrimOptions } from '../retention/trim-history.ts';

const KEEP_DAYS = 365;

export default class Logs extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'show past backups, newest first; or trim the history';
  static override description = `With --trim, entries older than --keep-days that nothing needs any more are removed: failed attempts, and backups whose archive was removed. Entries of backups that are in storage stay, however old, and so do the last attempts of each server, its last good and its last failed one, and its last verifications.

EXIT STATUS
  0   shown, or trimmed
  2   wrong use or configuration, such as an unknown server
  75  with --trim: a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'what went wrong lately', command: '<%= config.bin %> <%= command.id %> shop --failed --limit 5' },
    {
      description: 'forget what is older than two years and not in storage; look first with --dry-run',
      command: '<%= config.bin %> <%= command.id %> --trim --keep-days 730',
    },
  ];
  static override args = anyServers;
  static override flags = {
    limit: numberFlag({ example: 50, least: 1 })({ description: 'how many to show', default: 50, helpValue: 'N' }),
    failed: Flags.boolean({ description: 'only those that failed' }),
    id: numberFlag({ example: 17 })({ description: 'the whole of one entry', helpValue: 'ID' }),
    trim: Flags.boolean({ description: 'remove old entries that nothing needs any more', exclusive: ['failed', 'id'] }),
    'keep-days': numberFlag({ unit: 'days', example: 730, least: 1, most: 36_500 })({
      description: `with --trim: younger entries stay; ${KEEP_DAYS} when left out`,
      helpValue: 'DAYS',
      dependsOn: ['trim'],
    }),
    'dry-run': Flags.boolean({ description: 'with --trim: only tell how many would go', dependsOn: ['trim'] }),
    wait: numberFlag({ unit: 'seconds', example: 600 })({
      description: 'with --trim: wait for a run to end',
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
    const servers = args.server === undefined ? undefined : await findServers(catalog, args.server);
    const backups = await catalog.backups.list({
      limit: flags.limit,
      failedOnly: flags.failed,
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

  private async trim(named: string[] | undefined, options: Omit<TrimOptions, 'serverIds'>): Promise<Trimmed> {
    const { trimHistory, trimmedInWords } = await import('../retention/trim-history.ts');
    await using context = await this.openContext(options.isDry === true ? 'read' : 'change');
    const servers = named === undefined ? undefined : await findServers(context.catalog, named);
    const trimmed = await trimHistory(context, { ...options, serverIds: servers?.map(({ id }) => id) });
    this.log(trimmedInWords(trimmed));
    return trimmed;
  }
}
