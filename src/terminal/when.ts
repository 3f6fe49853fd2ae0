import { formatAgo, formatInstant } from '../core/format.ts';
import { isUtcAsked } from './utc.ts';

/** How a table tells a time where its age says most: `2 hours ago`, or with `--utc` the time itself. */
export function whenText(instant: Date, now: Date): string {
  return isUtcAsked() ? formatInstant(instant, { zone: 'utc' }) : formatAgo(instant, now);
}
