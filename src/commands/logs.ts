import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { backupRow, type BackupRow } from '../monitor/history.ts';
import { BACKUP_COLUMNS, backupCells, backupDetails } from '../terminal/backup-table.ts';
import { utcFlag } from '../terminal/utc.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { findBackup, findServer } from '../catalog/find-server.ts';
import { paint, terminalWidth } from '../terminal/output.ts';
import { chooseServerOrAll } from '../terminal/prompts/choose-server.ts';
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
  static override args = { server: Args.string({ description: 'id or name of a server; all when left out' }) };
  static override flags = {
    limit: Flags.integer({ description: 'how many to show', default: 50, min: 1 }),
    failed: Flags.boolean({ description: 'only those that failed' }),
    id: Flags.integer({ description: 'the whole of one entry', helpValue: 'ID' }),
    trim: Flags.boolean({ description: 'remove old entries that nothing needs any more', exclusive: ['failed', 'id'] }),
    'keep-days': Flags.integer({
      description: `with --trim: younger entries stay; ${KEEP_DAYS} when left out`,
      min: 1,
      max: 36500,
      dependsOn: ['trim'],
    }),
    'dry-run': Flags.boolean({ description: 'with --trim: only tell how many would go', dependsOn: ['trim'] }),
    wait: Flags.integer({
      description: 'with --trim: wait for a run to end',
      helpValue: 'SECONDS',
      min: 0,
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
    const choice = { idOrName: args.server, question: 'The history of which server?', isJson: this.jsonEnabled() };
    const server = await chooseServerOrAll(catalog, choice);
    const backups = await catalog.backups.list({
      limit: flags.limit,
      failedOnly: flags.failed,
      ...(server === undefined ? {} : { serverId: server.id }),
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

  private async trim(idOrName: string | undefined, options: Omit<TrimOptions, 'serverId'>): Promise<Trimmed> {
    const { trimHistory, trimmedInWords } = await import('../retention/trim-history.ts');
    await using context = await this.openContext(options.isDry === true ? 'read' : 'change');
    const server = idOrName === undefined ? undefined : await findServer(context.catalog, idOrName);
    const trimmed = await trimHistory(context, { ...options, serverId: server?.id });
    this.log(trimmedInWords(trimmed));
    return trimmed;
  }
}
