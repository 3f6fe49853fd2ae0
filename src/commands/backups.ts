import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../terminal/base-command.ts';
import { utcFlag } from '../terminal/utc.ts';
import { anyServers } from '../terminal/server-arguments.ts';
import { findServers } from '../catalog/find-server.ts';
import { remotePointsIn, restorePointRow, restorePointsOf, type RestorePointRow } from '../restore/restore-points.ts';
import { RESTORE_POINT_COLUMNS, restorePointCells } from '../terminal/tables.ts';
import { numberFlag } from '../terminal/number-flag.ts';
import { renderTable } from '../terminal/table.ts';
import { terminalWidth } from '../terminal/output.ts';
import { ConfigError } from '../core/errors.ts';

export default class Backups extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'show the restore points: the good backups, newest first';
  static override description = `What the catalogue remembers, beside what storage really holds: present, missing, or stored and not in the catalogue, or of another one; unknown where storage does not answer. To bring one back: pgbak restore SERVER --at ID

With --remote storage alone is asked, and no catalogue is needed: see also pgbak catalog rebuild.

EXIT STATUS
  0  shown
  1  storage could not be asked
  2  wrong use or configuration, such as an unknown server`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'ids and checksums for a script', command: '<%= config.bin %> <%= command.id %> shop --json' },
    {
      description: 'what a bucket holds, on a machine that knows nothing of it',
      command: '<%= config.bin %> <%= command.id %> --remote --from b2:my-bucket',
    },
  ];
  static override args = anyServers;
  static override flags = {
    limit: numberFlag({ example: 50, least: 1 })({ description: 'how many to show', default: 50, helpValue: 'N' }),
    remote: Flags.boolean({ description: 'ask storage alone' }),
    from: Flags.string({
      description: 'b2, b2:BUCKET or file:/dir; default: where archives go without a setting of a server',
      dependsOn: ['remote'],
      helpValue: 'PLACE',
    }),
    ...utcFlag,
  };

  async run(): Promise<RestorePointRow[]> {
    const { args, flags } = await this.parse(Backups);
    if (flags.remote && args.server !== undefined) {
      throw new ConfigError('--remote asks for all of a place, not for a server', 'Leave the server out.');
    }
    await using context = await this.openContext(flags.remote ? 'read or nothing' : 'read');
    const servers = await findServers(context.catalog, args.server);
    const { points, isComplete } = flags.remote
      ? { points: await remotePointsIn(flags.from, flags.limit, context), isComplete: true }
      : await restorePointsOf(args.server === undefined ? undefined : servers, flags.limit, context);
    if (points.length === 0) {
      this.log(
        flags.remote ? 'There are no archives of pgbak there.' : 'No restore points yet. Make one: pgbak run --force',
      );
    } else {
      const now = new Date();
      const cells = points.map((point) => restorePointCells(point, now));
      this.log(renderTable(RESTORE_POINT_COLUMNS, cells, terminalWidth(process.stdout)));
    }
    process.exitCode = isComplete ? 0 : 1;
    return points.map((point) => restorePointRow(point));
  }
}
