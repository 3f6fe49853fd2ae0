import { ConfigError } from '../core/errors.ts';
import { findSchedule } from './find-schedule.ts';
import { changeCrontab, installUnits, removeUnits, type Units } from './install.ts';
import type { Installation } from './installation.ts';

export const SCHEDULERS = ['cron', 'systemd'] as const;
export type Scheduler = (typeof SCHEDULERS)[number];

interface InstallRequest {
  scheduler: Scheduler;
  installation: Installation;
  units: Units;
  /** Asks whether to replace the other scheduler. */
  mayReplace: (what: string) => Promise<boolean>;
  say: (sentence: string) => void;
  signal: AbortSignal;
}

/**
 * Lets one scheduler start pgbak. Where `pgbak schedule` had the other one do so, that one is replaced: two would start it twice
 * an hour. The new one is put in place first, so that a failure leaves the old one at work. `before` runs when all is decided.
 */
export async function installSchedule(request: InstallRequest, before: () => void): Promise<void> {
  const { scheduler, installation, units, mayReplace, say, signal } = request;
  const entries = await findSchedule(installation.home, process.env['PATH'] ?? '', signal);
  const other = entries.find(({ by, isOwn, isActive }) => isOwn && isActive && by !== scheduler);
  if (other !== undefined && !(await mayReplace(other.what))) {
    throw new ConfigError(`nothing was changed: ${other.what} still starts pgbak`);
  }
  before();
  if (scheduler === 'cron') say(await changeCrontab(installation, true, signal));
  else await installUnits(installation, units, say, signal);
  if (other !== undefined) await removeSchedule(other.by, installation, say, signal);
  for (const { what } of entries.filter(({ isOwn, isActive }) => !isOwn && isActive)) {
    say(`${what} starts pgbak as well. If it does so for the same catalogue, remove it by hand.`);
  }
}

export async function removeSchedule(
  scheduler: Scheduler,
  installation: Installation,
  say: (sentence: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (scheduler === 'cron') say(await changeCrontab(installation, false, signal));
  else await removeUnits(installation, say, signal);
}
