import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import type { RetentionRules } from '../server/retention-rules.ts';

const count = (what: string) =>
  Flags.integer({ description: `keep ${what}; 0 takes the rule away`, helpValue: 'N', helpGroup: 'RETENTION', min: 0 });

/** Which backups to keep. Without any of them nothing is ever removed. */
export const retentionFlags = {
  'keep-last': count('the newest N'),
  'keep-hourly': count('the newest of each of N hours'),
  'keep-daily': count('the newest of each of N days'),
  'keep-weekly': count('the newest of each of N weeks'),
  'keep-monthly': count('the newest of each of N months'),
  'keep-yearly': count('the newest of each of N years'),
  'keep-within': Flags.string({
    description: 'keep all of a period: 48h, 30d, 2w, 1y6m',
    helpValue: 'PERIOD',
    helpGroup: 'RETENTION',
  }),
  'auto-prune': Flags.boolean({
    allowNo: true,
    description: 'remove what no rule keeps after each good backup',
    helpGroup: 'RETENTION',
  }),
};

/** What the flags say of retention; undefined when none was given. */
export function retentionInputFrom(flags: Interfaces.InferredFlags<typeof retentionFlags>): RetentionRules | undefined {
  const given: RetentionRules = {
    keepLast: flags['keep-last'],
    keepHourly: flags['keep-hourly'],
    keepDaily: flags['keep-daily'],
    keepWeekly: flags['keep-weekly'],
    keepMonthly: flags['keep-monthly'],
    keepYearly: flags['keep-yearly'],
    keepWithin: flags['keep-within'],
  };
  return Object.values(given).every((value) => value === undefined) ? undefined : given;
}
