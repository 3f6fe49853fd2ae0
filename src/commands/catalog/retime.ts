import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { isAhead, settledTime } from '../../core/doubtful-times.ts';
import { BaseCommand } from '../../terminal/base-command.ts';
import { shownZone, utcFlag } from '../../terminal/utc.ts';
import { findBackup } from '../../catalog/find-server.ts';
import { takeRunLock } from '../../catalog/run-lock.ts';
import { formatInstant } from '../../core/format.ts';
import { parseTypedTime } from '../../core/time-zone.ts';
import { ConfigError } from '../../core/errors.ts';

/** The document of `catalog retime --json`. */
export interface RetimedBackup {
  backupId: number;
  /** The time that it has now. */
  startedAt: string;
}

export default class CatalogRetime extends BaseCommand {
  static override summary = 'Correct the time of a backup that a wrong clock made';
  static override description = `A backup from the future is never "latest", and no rule counts or removes it. Once this machine's clock is right again, this gives the backup another time: that of the backup recorded before or after it, or the time of --to. Nothing in storage changes.

EXIT STATUS
  0   changed
  2   wrong use or configuration
  75  a run is under way`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> 17',
    '<%= config.bin %> <%= command.id %> 17 --to 2026-11-23T03:00Z',
  ];
  static override args = { backup: Args.string({ description: 'id of the backup', required: true }) };
  static override flags = {
    to: Flags.string({
      description: 'when it was made: "2026-11-23 03:00" or "yesterday 03:00" (local time), or 2026-11-23T03:00Z',
      helpValue: 'TIME',
    }),
    ...utcFlag,
  };

  async run(): Promise<RetimedBackup> {
    const { args, flags } = await this.parse(CatalogRetime);
    // oclif's parser of numbers would repeat a wrong value, which may be a secret.
    if (!/^\d{1,15}$/.test(args.backup)) throw new ConfigError('that is no id of a backup', 'See the ids: pgbak logs');
    const zones = this.zones();
    const now = new Date();
    const given = flags.to === undefined ? undefined : parseTypedTime(flags.to, zones.typed, now)?.from;
    if (flags.to !== undefined && (given === undefined || isAhead(given, now))) {
      throw new ConfigError(
        '--to is not a time that has passed',
        'For example: --to "2026-11-23 03:00" (local time), or --to 2026-11-23T03:00Z',
      );
    }
    await using context = await this.openContext('change');
    const { catalog } = context;
    await using _lock = await takeRunLock(context, { command: 'catalog retime' });
    const backup = await findBackup(catalog, Number(args.backup), undefined);
    if (!isAhead(backup.startedAt, now)) {
      throw new ConfigError(
        `backup ${backup.backupId} was made ${formatInstant(backup.startedAt, { zone: zones.shown })}, which is not later than now`,
        'Only a time that cannot be right is changed.',
      );
    }
    const others = backup.serverId === undefined ? [] : await catalog.backups.inStorage(backup.serverId);
    const startedAt = given ?? settledTime(backup, others, now);
    if (startedAt === undefined) {
      throw new ConfigError('no other backup tells when it may have been made', 'Say it: --to TIME');
    }
    await catalog.backups.retime(backup.backupId, startedAt);
    this.log(`Backup ${backup.backupId} counts as made ${formatInstant(startedAt, { zone: shownZone() })}`);
    return { backupId: backup.backupId, startedAt: startedAt.toISOString() };
  }
}
