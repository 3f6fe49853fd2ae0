import { namesIn } from './field-table.ts';
import { parsePeriod, type RetentionRules } from './retention-rules.ts';

const HOURS = {
  keepLast: 0,
  keepHourly: 1,
  keepDaily: 24,
  keepWeekly: 7 * 24,
  keepMonthly: 30 * 24,
  keepYearly: 365 * 24,
};

/**
 * For how many days the rules keep the oldest backup of a server that is backed up at its frequency; undefined without rules, which
 * keep all backups.
 */
export function keptDays(rules: RetentionRules, { frequencyHours }: { frequencyHours: number }): number | undefined {
  const counted = namesIn(HOURS).flatMap((rule) => {
    const count = rules[rule];
    // Backups that are further apart fill no more than one period each.
    return count === undefined ? [] : [(count * Math.max(HOURS[rule], frequencyHours)) / 24];
  });
  const { keepWithin } = rules;
  const all = [...counted, ...(keepWithin === undefined ? [] : [daysIn(keepWithin)])];
  return all.length === 0 ? undefined : Math.max(...all);
}

function daysIn(period: string): number {
  const { years, months, days, hours } = parsePeriod(period);
  return years * 365 + months * 30 + days + hours / 24;
}
