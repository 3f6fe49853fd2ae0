import type { ServerRecord } from '../config/server.ts';

/** A cron job never starts at the very same second; without this an hourly one would drift to every second hour. */
const GRACE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

type DueFields = Pick<ServerRecord, 'frequencyHours' | 'lastSuccessRun'>;

/**
 * When the next backup of a server is due: its frequency after the start of the run that made the last good one;
 * undefined (at once) when there is none. Failed attempts do not count, so the next run tries again.
 */
export function nextDue(server: DueFields): Date | undefined {
  if (server.lastSuccessRun === undefined) return undefined;
  return new Date(server.lastSuccessRun.getTime() + server.frequencyHours * HOUR_MS);
}

/** Whether a server is due at `now`, give or take a few minutes. A last backup in the future (a clock set back) is no reason to wait. */
export function isDue(server: DueFields, now: Date): boolean {
  const due = nextDue(server);
  if (due === undefined || server.lastSuccessRun === undefined) return true;
  return due.getTime() - GRACE_MS <= now.getTime() || server.lastSuccessRun.getTime() - GRACE_MS > now.getTime();
}
