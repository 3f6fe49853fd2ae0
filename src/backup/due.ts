import { isAhead } from '../core/doubtful-times.ts';
import type { ServerRecord } from '../server/server.ts';

/** Cron never starts a job at the very same second; without this grace an hourly job would run every second hour. */
const GRACE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

type DueFields = Pick<ServerRecord, 'frequencyHours' | 'lastSuccessRun'>;

/**
 * When the next backup of a server is due: its frequency after the start of the run that made the last good backup.
 * Undefined means at once: there is no good backup, or its run claims to have begun later than `now`. Failed attempts do
 * not count, so the next run tries again.
 */
export function nextDue({ lastSuccessRun, frequencyHours }: DueFields, now: Date): Date | undefined {
  if (lastSuccessRun === undefined || isAhead(lastSuccessRun, now)) return undefined;
  return new Date(lastSuccessRun.getTime() + frequencyHours * HOUR_MS);
}

/** Whether a server is due at `now`, give or take a few minutes. */
export function isDue(server: DueFields, now: Date): boolean {
  const due = nextDue(server, now);
  return due === undefined || due.getTime() - GRACE_MS <= now.getTime();
}
