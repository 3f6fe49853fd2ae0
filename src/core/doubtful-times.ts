import { isAhead } from './ahead.ts';
import type { BackupRecord } from './backup-record.ts';

type Dated = Pick<BackupRecord, 'backupId' | 'startedAt'>;

/**
 * What to say of backups that were made, as they say, later than now; undefined where there is none. `latest` passes
 * them over, no rule counts them, and none of them is removed.
 */
export function doubtfulTimes(backups: readonly Dated[], now: Date): string | undefined {
  const ahead = backups.filter(({ startedAt }) => isAhead(startedAt, now));
  const last = ahead.reduce<Dated | undefined>(
    (most, one) => (most === undefined || one.startedAt > most.startedAt ? one : most),
    undefined,
  );
  if (last === undefined) return undefined;
  const others = ahead.length === 1 ? '' : ` and ${ahead.length - 1} more`;
  const verb = ahead.length === 1 ? 'says it was' : 'say they were';
  return `backup ${last.backupId}${others} ${verb} made ${last.startedAt.toISOString()}, and now it is ${now.toISOString()}: a clock is or was wrong`;
}

/** What to do about it. */
export const DOUBTFUL_TIMES_HINT =
  "Set this machine's clock (NTP). If the backup's was wrong, give it the time it has: pgbak catalog retime BACKUP";
