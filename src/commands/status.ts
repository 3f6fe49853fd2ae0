import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcForAgesFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findServers } from '../catalog/find-server.ts';
import { collectStatus, statusRow, type StatusRow } from '../monitor/status.ts';
import { isExpected } from '../server/cluster-part.ts';
import { longReasons, STATUS_COLUMNS, statusCells } from '../terminal/tables.ts';
import { renderTable } from '../terminal/table.ts';
import { terminalWidth } from '../terminal/output.ts';
import { prometheusText } from '../monitor/prometheus.ts';

/** From so many columns on, a whole reason fits beside the other columns of the table. */
const WIDE = 120;

export default class Status extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Tell whether every server is backed up as it should be';
  static override description = `OK          the last backup is good and in time
WARNING     the last backup is good, with a warning, such as a changed size
INCOMPLETE  the last backup is good, but not in all of its places. The next run makes the missing copies
LATE        the last good backup is too old: more than a quarter of its frequency overdue (at least 1 hour, at most 12)
FAILING     the last attempt failed, or the last backup was verified and is bad, or the directory of the archives is gone
NEVER       there is no good backup yet

EXIT STATUS
  0  all servers are OK (with --prometheus: the metrics were written)
  1  at least one is not
  2  wrong use or configuration`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: "For node_exporter's textfile collector, in its directory",
      command: '<%= config.bin %> <%= command.id %> --prometheus > pgbak.prom.new && mv pgbak.prom.new pgbak.prom',
    },
  ];
  static override args = anyServers;
  static override flags = {
    prometheus: Flags.boolean({ description: "print metrics in Prometheus' text format", exclusive: ['json'] }),
    ...utcForAgesFlag,
  };

  async run(): Promise<StatusRow[]> {
    const { args, flags } = await this.parse(Status);
    await using context = await this.openContext('read', { isInterruptible: false });
    const now = new Date();
    const servers = (await findServers(context.catalog, args.server)).filter((server) => isExpected(server));
    const statuses = await collectStatus(servers, context);
    if (flags.prometheus) {
      process.stdout.write(prometheusText(statuses));
    } else {
      const width = terminalWidth(process.stdout);
      const isShort = width !== undefined && width < WIDE;
      if (statuses.length === 0) this.log('No servers yet. Add one: pgbak add');
      else {
        const cells = statuses.map((status) => statusCells(status, now, isShort));
        this.log(renderTable(STATUS_COLUMNS, cells, width));
      }
      if (isShort) for (const line of longReasons(statuses)) this.log(`\n${line}`);
      process.exitCode = statuses.every(({ state }) => state === 'OK') ? 0 : 1;
    }
    return statuses.map((status) => statusRow(status, now));
  }
}
