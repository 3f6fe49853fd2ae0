import { ConfigError } from '../core/errors.ts';
import { namesIn } from './field-table.ts';
import type { ServerFields } from './server.ts';

/** The rules that count backups, each with its word for people. */
const COUNTED = {
  keepLast: 'newest',
  keepHourly: 'hourly',
  keepDaily: 'daily',
  keepWeekly: 'weekly',
  keepMonthly: 'monthly',
  keepYearly: 'yearly',
} as const;

/** How many backups to keep of each kind. An absent field is no rule. */
export type RetentionRules = Pick<ServerFields, keyof typeof COUNTED | 'keepWithin'>;

const COUNTS = namesIn(COUNTED);
/** The fields that hold rules. */
export const RULE_NAMES = [...COUNTS, 'keepWithin'] as const;

/** The same in a JSON document, where null is no rule. */
export interface RulesRow {
  keepLast: number | null;
  keepHourly: number | null;
  keepDaily: number | null;
  keepWeekly: number | null;
  keepMonthly: number | null;
  keepYearly: number | null;
  /** All backups of a period, such as `30d`. */
  keepWithin: string | null;
}

/** Null where there are none. */
export function rulesRow(rules: RetentionRules): RulesRow | null {
  if (!hasRules(rules)) return null;
  return {
    keepLast: rules.keepLast ?? null,
    keepHourly: rules.keepHourly ?? null,
    keepDaily: rules.keepDaily ?? null,
    keepWeekly: rules.keepWeekly ?? null,
    keepMonthly: rules.keepMonthly ?? null,
    keepYearly: rules.keepYearly ?? null,
    keepWithin: rules.keepWithin ?? null,
  };
}

/** Whether there is any rule; without one nothing is ever removed. */
export function hasRules(rules: RetentionRules | RulesRow): boolean {
  return RULE_NAMES.some((rule) => (rules[rule] ?? undefined) !== undefined);
}

/** `3 newest, 7 daily, all within 30d`; undefined where there is no rule. */
export function rulesInWords(rules: RetentionRules | RulesRow): string | undefined {
  const { keepWithin = null } = rules;
  const counted = COUNTS.flatMap((rule) => {
    const count = rules[rule] ?? undefined;
    return count === undefined ? [] : [`${count} ${COUNTED[rule]}`];
  });
  return [...counted, ...(keepWithin === null ? [] : [`all within ${keepWithin}`])].join(', ') || undefined;
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
