import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BACKUP_COLUMNS, backupCells, backupDetails, backupRow, type BackupRow } from '../cli/backup-row.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { findBackup } from '../cli/find-backup.ts';
import { openWorkplace } from '../cli/open-workplace.ts';
import { paint } from '../cli/paint.ts';
import { chooseServerOrAll } from '../cli/prompts/choose-server.ts';
import { renderTable } from '../cli/table.ts';
import { terminalWidth } from '../cli/output.ts';

export default class Logs extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'show past backups, newest first';
  static override description = `EXIT STATUS
  0  shown
  2  wrong use or configuration, such as an unknown server`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'what went wrong lately', command: '<%= config.bin %> <%= command.id %> shop --failed --limit 5' },
  ];
  static override args = { server: Args.string({ description: 'id or name of a server; all when left out' }) };
  static override flags = {
    limit: Flags.integer({ description: 'how many to show', default: 50, min: 1 }),
    failed: Flags.boolean({ description: 'only those that failed' }),
    id: Flags.integer({ description: 'the whole of one entry', helpValue: 'ID' }),
  };

  async run(): Promise<BackupRow[]> {
    const { args, flags } = await this.parse(Logs);
    await using workplace = await openWorkplace('read');
    const { catalog } = workplace;
    if (flags.id !== undefined) {
      const backup = await findBackup(catalog, flags.id, args.server);
      const partSums = await catalog.backups.partSums(backup.backupId);
      this.log(backupDetails(backup, partSums));
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
}
