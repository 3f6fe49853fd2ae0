import { select } from '@inquirer/prompts';
import { attempt, PgbakError } from '../../core/errors.ts';
import { pingUrlsBelow } from '../../server/ping-urls.ts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { askOptional } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { fieldPrompt } from './field-prompt.ts';

const PING_FIELDS = ['hcUrlSuccess', 'hcUrlFail', 'hcUrlStart'] as const;

/** Asks for the one URL of a check at healthchecks.io, which stands for the three of a backup. */
export async function askPings(answers: ServerInput, { given }: Asking): Promise<void> {
  if (PING_FIELDS.some((name) => given[name] !== undefined)) return;
  await askCheck(answers);
}

async function askCheck(answers: ServerInput): Promise<void> {
  const base = await fieldPrompt({
    message: 'Health check URL',
    example: 'https://hc-ping.com/UUID (made at healthchecks.io) or env:SHOP_CHECK',
    emptyMeans: 'none',
    prefill: answers.hcUrlSuccess ?? '',
    problemOf: (text) => {
      const urls = attempt(() => pingUrlsBelow(text));
      return urls instanceof PgbakError ? urls.message : undefined;
    },
  });
  if (base !== '') Object.assign(answers, pingUrlsBelow(base));
  else for (const name of PING_FIELDS) delete answers[name];
}

/** Lets a person choose between one URL, one for each moment, and none. */
export async function changePings(answers: ServerInput, asking: Asking): Promise<void> {
  const way = await select(
    {
      message: 'Tell a health check of each backup',
      choices: [
        { name: 'by one URL of healthchecks.io', value: 'one' as const },
        { name: 'by a URL for each moment', value: 'each' as const },
        { name: 'no', value: 'none' as const },
      ],
    },
    promptContext(),
  );
  if (way === 'one') await askCheck(answers);
  else if (way === 'none') Object.assign(answers, pingUrlsBelow(''));
  else for (const name of [...PING_FIELDS, 'hcUrlVerify'] as const) await askOptional(name, 'none', answers, asking);
}
