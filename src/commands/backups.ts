import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { backupRow, RESTORE_POINT_COLUMNS, restorePointCells, type BackupRow } from '../cli/backup-row.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { findServer } from '../cli/find-server.ts';
import { openWorkplace } from '../cli/open-tools.ts';
import { renderTable } from '../cli/table.ts';

export default class Backups extends BaseCommand {
  static override summary = 'show the restore points: the good backups, newest first';
  static override description = `What the catalogue remembers of each. To bring one back: pgbak restore SERVER --at ID

EXIT STATUS
  0  shown
  2  wrong use or configuration, such as an unknown server`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'ids and checksums for a script', command: '<%= config.bin %> <%= command.id %> shop --json' },
  ];
  static override args = { server: Args.string({ description: 'id or name of a server; all when left out' }) };
  static override flags = { limit: Flags.integer({ description: 'how many to show', default: 50, min: 1 }) };

  async run(): Promise<BackupRow[]> {
    const { args, flags } = await this.parse(Backups);
    await using workplace = await openWorkplace();
    const server = args.server === undefined ? undefined : await findServer(workplace.catalog, args.server);
    const backups = await workplace.catalog.backups.list({
      limit: flags.limit,
      goodOnly: true,
      ...(server === undefined ? {} : { serverId: server.id }),
    });
    if (backups.length === 0) {
      this.log('No restore points yet. Make one: pgbak run --force');
    } else {
      const now = new Date();
      const cells = backups.map((backup) => restorePointCells(backup, now));
      this.log(renderTable(RESTORE_POINT_COLUMNS, cells, process.stdout.columns));
    }
    return backups.map((backup) => backupRow(backup));
  }
}
