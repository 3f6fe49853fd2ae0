import type { BackupRecord } from './backup-record.ts';

/** Clocks differ by seconds, those of two hosts by minutes; what lies further ahead was written by a clock that was wrong. */
export const CLOCK_TOLERANCE_MS = 10 * 60_000;

/**
 * Whether an instant that is recorded as past lies ahead of `now`. Then either the clock that wrote it or the one that is
 * read now is wrong, and nothing may be concluded from how old it is.
 */
export function isAhead(instant: Date, now: Date): boolean {
  return instant.getTime() > now.getTime() + CLOCK_TOLERANCE_MS;
}

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

/**
 * The time that a backup may be given in place of one that lies ahead: that of the next one that was recorded, or of the
 * last one before it. At the same time the order in which they were recorded decides, so that it takes its place there.
 * `others` are backups of the same server. Undefined where none of them tells.
 */
export function settledTime(backup: Dated, others: readonly Dated[], now: Date): Date | undefined {
  const byId = others
    .filter(({ backupId, startedAt }) => backupId !== backup.backupId && !isAhead(startedAt, now))
    .toSorted((a, b) => a.backupId - b.backupId);
  const next = byId.find(({ backupId }) => backupId > backup.backupId);
  const previous = byId.findLast(({ backupId }) => backupId < backup.backupId);
  return (next ?? previous)?.startedAt;
}
