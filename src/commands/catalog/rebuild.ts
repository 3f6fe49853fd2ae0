import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../terminal/base-command.ts';
import { givenPassword } from '../../server/settings.ts';
import { takeRunLock } from '../../catalog/run-lock.ts';
import { rebuild } from '../../restore/rebuild.ts';
import { renderTable } from '../../terminal/table.ts';
import { REBUILD_COLUMNS } from '../../terminal/tables.ts';
import { tell, terminalWidth } from '../../terminal/output.ts';
import { ConfigError } from '../../core/errors.ts';
import { configuredName } from '../../server/cluster-part.ts';
import type { ServerRecord } from '../../server/server.ts';
import { quoted } from '../../core/printable.ts';
import type { Report } from '../../core/events.ts';

/** A server as `catalog rebuild --json` prints it. */
export interface RebuiltServerRow {
  serverId: number;
  name: string;
  archiveName: string;
  /** Whether the catalogue did not know the server before. */
  isNew: boolean;
  /** So many backups were added. */
  added: number;
}

export default class CatalogRebuild extends BaseCommand {
  static override summary = 'Recreate the catalogue from what the storage holds';
  static override description = `For the day on which the catalogue is lost: pgbak looks for all of its archives in the storage and adds those that it does not know. What it knows stays as it is. For B2 the key comes from the environment: B2_KEY_ID, B2_APP_KEY.

The storage knows no connection strings and no passwords. A restore works at once, with --archive-password. Before the next backup each server needs its connection string again: pgbak edit SERVER

Archives of another machine's catalogue are left alone. An empty catalogue takes those of one other catalogue, most likely the lost one. They can be restored, but pgbak prunes them only after --adopt-catalog ID.

Beside the archives there may be a copy of the catalogue itself, pgbak-catalog-*.sqlite.7z. It knows more: unpack it with 7-Zip, and put it where DB_PATH points.

EXIT STATUS
  0   rebuilt
  1   storage could not be asked
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --from b2:my-bucket',
    '<%= config.bin %> <%= command.id %> --from file:/srv/backups',
  ];
  static override flags = {
    from: Flags.string({
      description: 'where to look: b2, b2:BUCKET, file:/dir or rclone:REMOTE:PATH',
      required: true,
      helpValue: 'PLACE',
    }),
    'archive-password': Flags.string({
      description: 'the password of the archives, to learn their checksums; also env:NAME or file:/path',
      helpValue: 'PASSWORD',
    }),
    'adopt-catalog': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      description: 'take over, and prune from now on, the archives of the catalogue with this id (repeatable)',
      helpValue: 'ID',
    }),
  };

  async run(): Promise<RebuiltServerRow[]> {
    const { flags } = await this.parse(CatalogRebuild);
    await using context = await this.openContext('create');
    await using _lock = await takeRunLock(context, { command: 'catalog rebuild' });
    const given = flags['archive-password'];
    const warn = (message: string) => tell(`pgbak: warning: ${message}`);
    const request = {
      from: flags.from,
      adoptCatalogs: flags['adopt-catalog'] ?? [],
      password: given === undefined ? undefined : givenPassword(given, context.environment),
    };
    const report: Report = (event) => void (event.type === 'warning' && warn(event.message));
    const { servers: rebuilt, foreign, readOnly, notes } = await rebuild(request, { ...context, report });
    for (const { catalogId, count, archiveNames } of foreign) {
      warn(`left alone: ${count} archives of the catalogue ${catalogId}: ${archiveNames.slice(0, 5).join(', ')}`);
    }
    for (const id of readOnly) {
      warn(
        `these archives are of the catalogue ${id}: they can be restored, but no rule removes them until you say that this one takes its place: --adopt-catalog ${id}`,
      );
    }
    if (rebuilt.length === 0 && foreign.length > 0) {
      throw new ConfigError(
        `all archives in ${flags.from} are of other catalogues`,
        'Where one of these is lost, and this one takes its place: --adopt-catalog ID',
      );
    }
    const cells = rebuilt.map(({ server, isNew, added }) => [
      server.name,
      server.archiveName,
      isNew ? 'new' : 'known',
      String(added),
    ]);
    if (cells.length === 0) this.log(`There are no archives of pgbak in ${flags.from}.`);
    else this.log(renderTable(REBUILD_COLUMNS, cells, terminalWidth(process.stdout)));
    for (const note of notes) this.log(note);
    const [first] = rebuilt.flatMap(({ server, isNew }) => (isNew ? [server] : []));
    if (first !== undefined) {
      this.logAsIs(`To restore now: pgbak restore ${howToRestore(first)}`);
      this.logAsIs(
        `To back up again: pgbak edit ${quoted(configuredName(first))} --connection-string URL --archive-password file:/path`,
      );
      this.log('Without an archive password, new backups are not encrypted.');
    }
    return rebuilt.map(({ server: { id: serverId, name, archiveName }, isNew, added }) => ({
      serverId,
      name,
      archiveName,
      isNew,
      added,
    }));
  }
}

function howToRestore({ name, partOf }: ServerRecord): string {
  if (partOf === undefined) return `${quoted(name)} --output FILE`;
  return `${quoted(partOf.clusterName)} --all-databases --to postgresql://postgres@localhost/postgres`;
}
