import type { BackupRecord } from './backup-record.ts';

/** Clocks differ by seconds, those of two hosts by minutes; a time further ahead was written by a wrong clock. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;

/**
 * Whether an instant that was recorded as past lies ahead of `now`. Then the clock was wrong when it was recorded, or is wrong now:
 * conclude nothing from its age.
 */
export function isAhead(instant: Date, now: Date): boolean {
  return instant.getTime() > now.getTime() + CLOCK_TOLERANCE_MS;
}

type Dated = Pick<BackupRecord, 'backupId' | 'startedAt'>;

/**
 * Warns of backups whose times lie in the future; undefined where there is none. `latest` skips them, retention rules do not
 * count them, and none of them is removed. `show` puts a time into words.
 */
export function doubtfulTimes(
  backups: readonly Dated[],
  now: Date,
  show: (instant: Date) => string = (instant) => instant.toISOString(),
): string | undefined {
  const ahead = backups.filter(({ startedAt }) => isAhead(startedAt, now));
  const last = ahead.reduce<Dated | undefined>(
    (most, one) => (most === undefined || one.startedAt > most.startedAt ? one : most),
    undefined,
  );
  if (last === undefined) return undefined;
  const others = ahead.length === 1 ? '' : ` and ${ahead.length - 1} more`;
  const verb = ahead.length === 1 ? 'says it was' : 'say they were';
  return `backup ${last.backupId}${others} ${verb} made ${show(last.startedAt)}, and now it is ${show(now)}: a clock is or was wrong`;
}

/** The remedy. */
export const DOUBTFUL_TIMES_HINT =
  "Set this machine's clock (NTP). If the backup's was wrong, give it the time it has: pgbak catalog retime BACKUP";

/**
 * A believable time for a backup whose time lies ahead: that of the next backup that was recorded, or of the one before. At equal
 * times the order of recording decides, so the backup takes its right place. Undefined where neither exists.
 *
 * @param others backups of the same server
 */
export function settledTime(backup: Dated, others: readonly Dated[], now: Date): Date | undefined {
  const byId = others
    .filter(({ backupId, startedAt }) => backupId !== backup.backupId && !isAhead(startedAt, now))
    .toSorted((a, b) => a.backupId - b.backupId);
  const next = byId.find(({ backupId }) => backupId > backup.backupId);
  const previous = byId.findLast(({ backupId }) => backupId < backup.backupId);
  return (next ?? previous)?.startedAt;
}
