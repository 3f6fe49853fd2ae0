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
import { quoted } from '../core/printable.ts';
import { ConfigError } from '../core/errors.ts';

export default class Backups extends BaseCommand {
  protected override readonly onlyShows = true;
  static override summary = 'Show the backups that can be restored, newest first';
  static override description = `pgbak compares what it remembers with what the storage holds now. "state" says what it found:

present               the backup is in storage
missing               the backup is not in storage any more
unknown               the storage did not answer
not in catalogue      the storage has an archive of this server that pgbak does not remember
of another catalogue  the archive was made by another machine's pgbak

Behind the size of a backup with several copies stands how many of its places hold a good one: 2/3

To restore one: pgbak restore SERVER --at ID

--remote looks only at the storage, and needs no catalogue. To take up what it finds: pgbak catalog rebuild

EXIT STATUS
  0  shown
  1  storage could not be asked
  2  wrong use or configuration, such as an unknown server`;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    { description: 'Ids and checksums, for a script', command: '<%= config.bin %> <%= command.id %> shop --json' },
    {
      description: 'What a bucket holds, on a new machine',
      command: '<%= config.bin %> <%= command.id %> --remote --from b2:my-bucket',
    },
  ];
  static override args = anyServers;
  static override flags = {
    limit: numberFlag({ example: 50, least: 1 })({ description: 'how many to show', default: 50, helpValue: 'N' }),
    remote: Flags.boolean({ description: 'look only at the storage' }),
    from: Flags.string({
      description: 'b2, b2:BUCKET, file:/dir or rclone:REMOTE:PATH; default: what PGBAK_DESTINATION and B2_BUCKET name',
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
    if (points.some((point) => 'backup' in point && point.state === 'unknown' && point.backup.serverId === undefined)) {
      const [place = 'PLACE'] = await context.catalog.places.ofDeleted();
      this.log(
        `The storage was not asked for backups of deleted servers. To take them back: pgbak catalog rebuild --from ${quoted(place)}`,
      );
    }
    process.exitCode = isComplete ? 0 : 1;
    return points.map((point) => restorePointRow(point));
  }
}
