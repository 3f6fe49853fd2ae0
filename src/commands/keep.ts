import * as Flags from '@oclif/core/flags';
import { takeRunLock } from '../catalog/run-lock.ts';
import { ConfigError } from '../core/errors.ts';
import { formatInstant } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { parseTypedTime } from '../core/time-zone.ts';
import { findPoint } from '../restore/choose-point.ts';
import { BaseCommand } from '../terminal/base-command.ts';
import { chooseServer } from '../terminal/prompts/choose-server.ts';
import { oneServer } from '../terminal/server-arguments.ts';
import { shownZone, utcFlag } from '../terminal/utc.ts';

/** The document of `keep --json`. */
export interface KeptDocument {
  serverId: number;
  name: string;
  backupId: number;
  kept: boolean;
  /** ISO 8601; null for no end. */
  until: string | null;
  note: string | null;
}

export default class Keep extends BaseCommand {
  static override summary = 'Keep a backup against the rules of retention';
  static override description = `A kept backup stays in all of its places until --until, or until it is released. Use it for the last backup before a large migration, or for the state at the end of a year.

EXIT STATUS
  0   done
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    {
      description: 'The newest backup, before a migration',
      command: '<%= config.bin %> <%= command.id %> shop --note "before the move to version 18"',
    },
    { description: 'Until a day', command: '<%= config.bin %> <%= command.id %> shop --at 427 --until 2027-12-31' },
    {
      description: 'Leave it to the rules again',
      command: '<%= config.bin %> <%= command.id %> shop --at 427 --release',
    },
  ];
  static override args = oneServer;
  static override flags = {
    at: Flags.string({
      description: 'latest, the id of a backup, or a time, as for restore',
      helpValue: 'WHEN',
      default: 'latest',
    }),
    note: Flags.string({ description: 'why it is kept; prune tells it', helpValue: 'TEXT', exclusive: ['release'] }),
    until: Flags.string({
      description: 'the day from which the rules apply again',
      helpValue: 'TIME',
      exclusive: ['release'],
    }),
    release: Flags.boolean({ description: 'let the rules apply to it again' }),
    ...utcFlag,
  };

  async run(): Promise<KeptDocument> {
    const { args, flags } = await this.parse(Keep);
    const now = new Date();
    const until = flags.until === undefined ? undefined : parseTypedTime(flags.until, this.zones().typed, now)?.from;
    if (flags.until !== undefined && (until === undefined || until <= now)) {
      throw new ConfigError('--until is not a time that is to come', 'For example: --until 2027-12-31');
    }
    await using context = await this.openContext('change');
    const isJson = this.jsonEnabled();
    const server = await chooseServer(context.catalog, {
      idOrName: args.server,
      question: 'A backup of which server?',
      usage: 'pgbak keep shop',
      isJson,
      isAbout: { backup: 'keep' },
    });
    const point = await findPoint(server, flags.at, context);
    await using _lock = await takeRunLock(context, { command: 'keep' });
    const { note, release } = flags;
    const kept = release
      ? undefined
      : { ...(until === undefined ? {} : { until }), ...(note === undefined ? {} : { note }) };
    await context.catalog.backups.keep(point.backupId, kept, now);
    const what = `Backup ${point.backupId} of ${server.name}, made ${formatInstant(point.startedAt, { zone: shownZone() })},`;
    if (release) this.log(`${what} is left to the rules again.`);
    else {
      const end = until === undefined ? '' : ` until ${formatInstant(until, { zone: shownZone() })}`;
      this.log(
        `${what} is kept${end}. To release it: pgbak keep ${quoted(server.name)} --at ${point.backupId} --release`,
      );
    }
    return {
      serverId: server.id,
      name: server.name,
      backupId: point.backupId,
      kept: !release,
      until: until?.toISOString() ?? null,
      note: note ?? null,
    };
  }
}
