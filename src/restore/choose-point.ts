import { isAhead } from '../core/ahead.ts';
import { DOUBTFUL_TIMES_HINT, doubtfulTimes } from '../core/doubtful-times.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';

/** A good backup that is known well enough to be fetched. */
export type RestorePoint = BackupRecord & Required<Pick<BackupRecord, 'place' | 'objectId' | 'objectName' | 'format'>>;

/**
 * The restore point that `at` means: `latest`, or a time, for which it is the last one begun by then. One that was
 * begun, as it says, later than `now` is neither. `backups` are a server's good ones. Throws a `ConfigError` when there
 * is none.
 */
export function choosePoint(backups: readonly BackupRecord[], at: string, now: Date): RestorePoint {
  const newestFirst = backups
    .filter(({ startedAt }) => !isAhead(startedAt, now))
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || b.backupId - a.backupId);
  const found = newestFirst.find((backup) => isMeant(backup, at));
  if (found === undefined) {
    const doubtful = doubtfulTimes(backups, now);
    if (doubtful !== undefined) throw new ConfigError(doubtful, `Name one by its id: --at ID. ${DOUBTFUL_TIMES_HINT}`);
    throw new ConfigError(
      backups.length === 0 ? 'there is no good backup of this server' : `there is no good backup for --at ${at}`,
      backups.length === 0 ? 'Make one: pgbak run --force' : 'See what there is: pgbak backups',
    );
  }
  return asRestorePoint(found);
}

/** A backup that was stored, as one that can be fetched; a `ConfigError` where too little is known of it. */
export function asRestorePoint(backup: BackupRecord): RestorePoint {
  const { place, objectId, objectName, format } = backup;
  if (place === undefined || objectId === undefined || objectName === undefined || format === undefined) {
    throw new ConfigError(
      `backup ${backup.backupId} was made by the earlier program, which did not note where it is`,
      'Fetch it by hand: the README tells how to open it.',
    );
  }
  return { ...backup, place, objectId, objectName, format };
}

function isMeant({ startedAt }: BackupRecord, at: string): boolean {
  if (at === 'latest') return true;
  const time = Date.parse(at);
  if (Number.isNaN(time)) {
    throw new ConfigError(
      `--at ${at} is neither "latest", nor a backup's id, nor a time`,
      'For example: --at 2026-11-23T10:15Z',
    );
  }
  return startedAt.getTime() <= time;
}
