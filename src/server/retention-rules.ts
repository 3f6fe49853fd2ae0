import { ConfigError } from '../core/errors.ts';
import type { ServerFields } from './server.ts';

const COUNTS = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const;

/** How many backups to keep of each kind. An absent field is no rule. */
export type RetentionRules = Pick<ServerFields, (typeof COUNTS)[number] | 'keepWithin'>;

/** Whether there is any rule; without one nothing is ever removed. */
export function hasRules(rules: RetentionRules): boolean {
  return rules.keepWithin !== undefined || COUNTS.some((rule) => rules[rule] !== undefined);
}

/** A period of the calendar. */
interface Period {
  years: number;
  months: number;
  days: number;
  hours: number;
}

/** Reads `48h`, `30d`, `2w`, `1y6m`. Throws a `ConfigError` for any other text, and for a period of zero length. */
export function parsePeriod(text: string): Period {
  const parts = [...text.matchAll(/(\d{1,5})([hdwmy])/g)];
  const amount = (unit: string) =>
    parts.filter(([, , found]) => found === unit).reduce((sum, [, count]) => sum + Number(count), 0);
  const period = {
    years: amount('y'),
    months: amount('m'),
    days: amount('d') + 7 * amount('w'),
    hours: amount('h'),
  };
  const isWhole = parts.map(([part]) => part).join('') === text;
  if (isWhole && Object.values(period).some((count) => count > 0)) return period;
  throw new ConfigError(
    'the period must be hours, days, weeks, months or years, such as 48h, 30d, 2w or 1y6m',
    'For example: --keep-within 30d',
  );
}

/** The instant one period before another, by the calendar of UTC. */
export function before(instant: Date, { years, months, days, hours }: Period): Date {
  const result = new Date(instant);
  // A shorter month has no 31st. Its last day counts, or else a month before 31 March would be 3 March.
  const day = result.getUTCDate();
  result.setUTCDate(1);
  result.setUTCMonth(result.getUTCMonth() - months - 12 * years);
  const lastDay = new Date(Date.UTC(result.getUTCFullYear(), result.getUTCMonth() + 1, 0)).getUTCDate();
  result.setUTCDate(Math.min(day, lastDay));
  result.setTime(result.getTime() - (days * 24 + hours) * 3_600_000);
  return result;
}
