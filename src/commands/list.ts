import { BaseCommand } from '../terminal/base-command.ts';
import { utcForAgesFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findConfigured, withParts } from '../catalog/find-server.ts';
import { serverRow, type ServerRow } from '../monitor/server-list.ts';
import { SERVER_COLUMNS, serverCells, SPARK_LENGTH } from '../terminal/server-table.ts';
import { renderTable } from '../terminal/table.ts';
import { terminalWidth } from '../terminal/output.ts';

/** A few more than the bars: failed attempts have no size. */
const RECENT = SPARK_LENGTH + 2;

export default class List extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Show the servers, and how their last backup went';
  static override description = `Passwords are never shown. "encrypted" and "stored in" say where the archive password and the B2 settings come from: the server's own record, the environment, or nowhere. "sizes" draws the last archives, the newest at the right. A narrow terminal leaves columns out, these three among the first; --json has all.

EXIT STATUS
  0  listed
  2  wrong use or configuration`;
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json'];

  static override args = anyServers;
  static override flags = utcForAgesFlag;

  async run(): Promise<ServerRow[]> {
    const { args } = await this.parse(List);
    await using context = await this.openContext('read', { isInterruptible: false });
    const { catalog, environment } = context;
    const verified = await catalog.verifications.recent();
    const now = new Date();
    const configured = await findConfigured(catalog, args.server);
    const listed = await Promise.all(configured.map((server) => withParts(server, catalog)));
    const rows = listed.flat().map((server) => serverRow(server, verified.get(server.id), environment, now));
    if (rows.length === 0) {
      this.log('No servers yet. Add one: pgbak add');
    } else if (!this.jsonEnabled()) {
      const recent = await catalog.backups.recent(RECENT);
      const cells = rows.map((row) => serverCells(row, recent.get(row.id) ?? [], now));
      this.log(renderTable(SERVER_COLUMNS, cells, terminalWidth(process.stdout)));
    }
    return rows;
  }
}
