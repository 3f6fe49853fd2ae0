import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../terminal/base-command.ts';
import { canAsk } from '../../terminal/output.ts';
import { promptContext } from '../../system/interruption.ts';
import { takeRunLock } from '../../catalog/run-lock.ts';
import { openPlace } from '../../server/storage-at.ts';
import { knownPlacesOf, placeNamed } from '../../server/destination.ts';
import { ConfigError } from '../../core/errors.ts';
import { printable, quoted } from '../../core/printable.ts';

/** The document of `catalog forget --json`. */
export interface ForgottenPlace {
  place: string;
  /** So many backups are not expected there any more. */
  forgotten: number;
}

export default class CatalogForget extends BaseCommand {
  static override summary = 'Expect nothing more from a storage that is gone';
  static override description = `pgbak then no longer lists, counts or prunes what was stored there. Nothing in storage changes, and the history in "pgbak logs" stays. If the storage comes back: pgbak catalog rebuild --from PLACE

While a server stores its backups there, only those that are missing can be given up: --missing looks which ones are.

EXIT STATUS
  0   given up
  1   storage could not be asked
  2   wrong use or configuration, or no to the question
  75  a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> b2:old-bucket',
    {
      description: 'Only what is missing there',
      command: '<%= config.bin %> <%= command.id %> file:/srv/backups --missing',
    },
  ];
  static override args = {
    place: Args.string({
      description: 'b2:BUCKET, file:/dir, rclone:REMOTE:PATH or the name of a destination',
      required: true,
    }),
  };
  static override flags = {
    missing: Flags.boolean({ description: 'only backups that are not there any more' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask; the answer is yes' }),
  };

  async run(): Promise<ForgottenPlace> {
    const { args, flags } = await this.parse(CatalogForget);
    await using context = await this.openContext('change');
    const { catalog, environment } = context;
    await using _lock = await takeRunLock(context, { command: 'catalog forget' });
    const place = placeNamed(args.place, environment);
    const user = (await catalog.servers.list()).find((server) => knownPlacesOf(server, environment).includes(place));
    if (user !== undefined && !flags.missing) {
      throw new ConfigError(
        `${user.name} stores its archives in ${place}`,
        `Give up only what is missing: --missing\nOr give it another destination first: pgbak edit ${quoted(user.name)} --destination file:/other/dir`,
      );
    }
    const held = await catalog.places.held(place);
    let ids: string[] | undefined;
    if (flags.missing) {
      const storage = await openPlace(place, context);
      const there = new Set<string>();
      for await (const { id } of storage.list('', context.signal)) there.add(id);
      ids = held.filter((id) => !there.has(id));
    }
    const count = (ids ?? held).length;
    if (count === 0)
      throw new ConfigError(`there is nothing to give up in ${place}`, 'To see where backups are: pgbak backups');
    if (!flags.yes) {
      if (!canAsk(this.jsonEnabled())) {
        throw new ConfigError(
          `the backups in ${place} were not given up: there is no terminal to ask on`,
          `Say yes to it: pgbak catalog forget ${quoted(place)} --yes`,
        );
      }
      const { confirm } = await import('@inquirer/prompts');
      const message = `Give up ${count} backups in ${place}?`;
      if (!(await confirm({ message: printable(message), default: false }, promptContext())))
        throw new ConfigError('nothing was given up');
    }
    const forgotten = await catalog.places.giveUp(place, new Date(), ids);
    this.log(`Gave up ${forgotten} backups in ${place}`);
    return { place, forgotten };
  }
}
