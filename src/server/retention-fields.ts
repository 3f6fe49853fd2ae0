import { keptWhere, optionalCount, optionalText, yesOrNo } from './field-kinds.ts';
import { RETENTION } from './flag-groups.ts';
import { parsePeriod } from './retention-rules.ts';

function keep<const Flag extends string>(flag: Flag, what: string) {
  const help = `keep ${what}`;
  return optionalCount({ flag, help, helpValue: 'N', helpGroup: RETENTION });
}

/** How many backups to keep of each kind, with restic's meaning of the words. */
export const KEEP_FIELDS = {
  keepLast: keep('keep-last', 'the newest N; 0 takes away this rule, or any of the next ones'),
  keepHourly: keep('keep-hourly', 'the newest of each of N hours'),
  keepDaily: keep('keep-daily', 'the newest of each of N days'),
  keepWeekly: keep('keep-weekly', 'the newest of each of N weeks'),
  keepMonthly: keep('keep-monthly', 'the newest of each of N months'),
  keepYearly: keep('keep-yearly', 'the newest of each of N years'),
  /** All that are no older than this before the newest. */
  keepWithin: optionalText(
    {
      flag: 'keep-within',
      help: 'keep all backups of a period, such as 48h, 30d, 2w or 1y6m',
      helpValue: 'PERIOD',
      helpGroup: RETENTION,
    },
    keptWhere(parsePeriod),
  ),
};

/** The rules of retention of a server. */
export const RETENTION_FIELDS = {
  ...KEEP_FIELDS,
  /** Without it, rules are applied only by `prune`. */
  autoPrune: yesOrNo({
    flag: 'auto-prune',
    help: 'after each good backup, remove what no rule keeps',
    helpGroup: RETENTION,
  }),
};
