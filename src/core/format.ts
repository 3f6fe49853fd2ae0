import { isAhead } from './doubtful-times.ts';
import type { Zone } from './time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.5 MB`; decimal units, as on bills for storage and labels of disks. */
export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  // 999.95 would become 1000.0.
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `1.5 MB`, `23 MB`, `277 MB`: a size that is not known exactly. */
export function formatRoughBytes(sizeBytes: number): string {
  return formatBytes(sizeBytes).replace(/^(\d{2,})\.\d/, '$1');
}

/** `1 table`, `3,000 rows`. */
export function formatCount(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

/** `12 % of 1.5 MB`; never 100 %, since what is measured has not ended. */
export function formatShare(bytes: number, totalBytes: number): string {
  return `${formatPercent(bytes / Math.max(totalBytes, 1))} of ${formatBytes(totalBytes)}`;
}

/** `12 %` for 0.12; never 100 %. */
export function formatPercent(fraction: number): string {
  return `${Math.min(99, Math.floor(100 * fraction))} %`;
}

/** `850 ms`, `12 s`, `4 min 3 s`, `2 h 5 min`; `(clock?)` where the end is before the beginning. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 0) return '(clock?)';
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `3 s`, `4 min`, `2 h 5 min`: a time that is not known exactly. */
export function formatRoughDuration(durationMs: number): string {
  return formatDuration(Math.max(1000, Math.ceil(durationMs / 1000) * 1000)).replace(/ min \d+ s$/, ' min');
}

const STEPS = [
  { unit: 'minute', seconds: 60 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'day', seconds: 86_400 },
] as const;

/** `2 hours ago`, `just now`; `in 3 hours (clock?)` for a past instant that a wrong clock wrote. */
export function formatAgo(instant: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - instant.getTime()) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 60) return 'just now';
  const step = STEPS.findLast((candidate) => distance >= candidate.seconds) ?? STEPS[0];
  const count = Math.floor(distance / step.seconds);
  const text = `${count} ${step.unit}${count === 1 ? '' : 's'}`;
  if (seconds > 0) return `${text} ago`;
  return isAhead(instant, now) ? `in ${text} (clock?)` : `in ${text}`;
}

/** `2026-11-23 11:15 +01:00`, or `2026-11-23 10:15 UTC`. */
export function formatInstant(instant: Date, { zone = 'utc' }: { zone?: Zone } = {}): string {
  if (zone === 'utc') return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const offset = -instant.getTimezoneOffset();
  const local = new Date(instant.getTime() + offset * MINUTE_MS).toISOString();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${local.slice(0, 16).replace('T', ' ')} ${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

/** `2026-11-23 11:15 +01:00 (2 hours ago)`. */
export function formatMade(instant: Date, now: Date, options: { zone?: Zone } = {}): string {
  return `${formatInstant(instant, options)} (${formatAgo(instant, now)})`;
}

/** `in 23 h (tomorrow 16:55)`, `in 3 days (2026-11-26 16:55 +01:00)`; `now` for an instant that is not ahead. */
export function formatDue(due: Date, now: Date, { zone = 'utc' }: { zone?: Zone } = {}): string {
  if (due <= now) return 'now';
  const [day = '', time = '', offset = ''] = formatInstant(due, { zone }).split(' ');
  const days = ['today', 'tomorrow'].filter(
    (_word, later) => formatInstant(new Date(now.getTime() + later * DAY_MS), { zone }).slice(0, 10) === day,
  );
  const [word] = days;
  const when = word === undefined ? `${day} ${time} ${offset}` : `${word} ${time}${zone === 'utc' ? ' UTC' : ''}`;
  return `${formatWait(due, now)} (${when})`;
}

/** `in 23 h`, `in 3 days`, to the nearest; `now` for an instant that is not ahead. */
export function formatWait(due: Date, now: Date): string {
  const waitMs = due.getTime() - now.getTime();
  if (waitMs <= 0) return 'now';
  const minutes = Math.max(1, Math.round(waitMs / MINUTE_MS));
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return `in ${hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`}`;
}

export interface WantedNumber {
  /** `seconds`; without it the number is one of things that the flag's name tells. */
  unit?: string;
  example: number;
  least?: number;
  most?: number;
}

/** What a number has to be, for flags and prompts alike: `whole seconds from 1 up, such as 600`. */
export function wantedNumber({ unit, example, least = 0, most }: WantedNumber): string {
  const range = most !== undefined ? ` from ${least} to ${most}` : least > 0 ? ` from ${least} up` : '';
  return `${unit === undefined ? 'a whole number' : `whole ${unit}`}${range}, such as ${example}`;
}
