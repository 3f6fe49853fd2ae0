import { isAhead } from './doubtful-times.ts';

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

/** `12 % of 1.5 MB`; never more than 100 %. */
export function formatShare(bytes: number, totalBytes: number): string {
  const percent = Math.min(100, Math.floor((100 * bytes) / Math.max(totalBytes, 1)));
  return `${percent} % of ${formatBytes(totalBytes)}`;
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

/** `2026-11-23 10:15 UTC`. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
