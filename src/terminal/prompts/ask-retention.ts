import { confirm, select } from '@inquirer/prompts';
import { hasRules } from '../../server/retention-rules.ts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { fitted } from './fitted.ts';
import { askOptional } from './ask-fields.ts';
import { askWhole } from './ask-values.ts';
import type { Asking } from './asking.ts';

const COUNTS = ['keepLast', 'keepHourly', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly'] as const;
const NO_RULES = {
  keepLast: 0,
  keepHourly: 0,
  keepDaily: 0,
  keepWeekly: 0,
  keepMonthly: 0,
  keepYearly: 0,
  keepWithin: '',
};

/** Lets a person choose which backups to keep. */
export async function askRetention(answers: ServerInput, asking: Asking): Promise<void> {
  const fields = asking.fieldsOf(answers);
  const way = await select(
    {
      message: 'Which backups to keep',
      choices: [
        { value: 'all' as const, name: 'everything' },
        {
          value: 'usual' as const,
          name: '7 daily, 4 weekly, 12 monthly',
          description: 'The newest of each day, week and month.',
        },
        { value: 'own' as const, name: 'own rules' },
      ],
      default: hasRules(fields) ? ('own' as const) : ('all' as const),
    },
    promptContext(),
  );
  if (way !== 'own') Object.assign(answers, NO_RULES);
  if (way === 'usual') Object.assign(answers, { keepDaily: 7, keepWeekly: 4, keepMonthly: 12 });
  if (way === 'own') {
    for (const name of COUNTS) await askWhole(name, answers, asking);
    await askOptional('keepWithin', 'none', answers, asking);
  }
  const isPruned = hasRules(asking.fieldsOf(answers));
  answers.autoPrune =
    isPruned &&
    (await confirm(
      { message: fitted('Remove the others after each good backup? If not, pgbak prune does.'), default: true },
      promptContext(),
    ));
}
