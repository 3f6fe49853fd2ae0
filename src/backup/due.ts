import { isAhead } from '../core/doubtful-times.ts';
import type { ServerRecord } from '../server/server.ts';

/** Cron never starts a job at the very same second; without this grace an hourly job would run every second hour. */
const GRACE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

type FrequencyFields = Pick<ServerRecord, 'frequencyHours' | 'lastSuccessRun'>;
type DueFields = FrequencyFields & Pick<ServerRecord, 'lastResult'>;

/**
 * When the age of its last good backup makes a server due: its frequency after the start of the run that made it. Undefined
 * means at once: there is no good backup, or its run claims to have begun later than `now`.
 */
export function dueByAge({ lastSuccessRun, frequencyHours }: FrequencyFields, now: Date): Date | undefined {
  if (lastSuccessRun === undefined || isAhead(lastSuccessRun, now)) return undefined;
  return new Date(lastSuccessRun.getTime() + frequencyHours * HOUR_MS);
}

/**
 * When the next backup of a server is due. Undefined means at once: also where the last attempt failed, however young the last
 * good backup is. Such an attempt was forced, and the next run tries again.
 */
export function nextDue(server: DueFields, now: Date): Date | undefined {
  return server.lastResult === 'failed' ? undefined : dueByAge(server, now);
}

/** Whether a server is due at `now`, give or take a few minutes. */
export function isDue(server: DueFields, now: Date): boolean {
  const due = nextDue(server, now);
  return due === undefined || due.getTime() - GRACE_MS <= now.getTime();
}
