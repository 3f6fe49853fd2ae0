import { destinationRows, type DestinationRow } from '../../monitor/destination-list.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { DESTINATION_COLUMNS, destinationCells } from '../../terminal/destination-table.ts';
import { terminalWidth } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/table.ts';

export default class DestinationList extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Show the destinations, and what they hold';
  static override description = `The backups that should be there, and their size. Keys are never shown.

EXIT STATUS
  0  listed
  2  wrong use or configuration`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  async run(): Promise<DestinationRow[]> {
    await this.parse(DestinationList);
    await using context = await this.openContext('read or nothing', { isInterruptible: false });
    const rows = await destinationRows(context);
    if (rows.length === 0) this.log('No destinations yet. Add one: pgbak destination add nas file:/mnt/nas/backups');
    else {
      const cells = rows.map((row) => destinationCells(row));
      this.log(renderTable(DESTINATION_COLUMNS, cells, terminalWidth(process.stdout)));
    }
    return rows;
  }
}
