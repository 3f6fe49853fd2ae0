import { select } from '@inquirer/prompts';
import { attempt, PgbakError } from '../../core/errors.ts';
import { CHECK, pingUrlsBelow } from '../../server/ping-urls.ts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { askOptional } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { keepsReferences } from './try-references.ts';
import { fieldPrompt } from './field-prompt.ts';

const PING_FIELDS = ['hcUrlSuccess', 'hcUrlFail', 'hcUrlStart'] as const;

/** Asks for the one URL of a check at healthchecks.io, which stands for the three of a backup. */
export async function askPings(answers: ServerInput, asking: Asking): Promise<void> {
  if (PING_FIELDS.some((name) => asking.given[name] !== undefined)) return;
  await askCheck(answers, asking);
}

async function askCheck(answers: ServerInput, asking: Asking): Promise<void> {
  let base = answers.hcUrlSuccess ?? '';
  do {
    base = await askUrl(base);
  } while (base !== '' && !(await keepsReferences(pingUrlsBelow(base), asking)));
  if (base !== '') Object.assign(answers, pingUrlsBelow(base));
  else for (const name of PING_FIELDS) delete answers[name];
}

async function askUrl(prefill: string): Promise<string> {
  return await fieldPrompt({
    message: 'Health check URL',
    example: CHECK.example,
    emptyMeans: 'none',
    prefill,
    problemOf: (text) => {
      const urls = attempt(() => pingUrlsBelow(text));
      return urls instanceof PgbakError ? urls.message : undefined;
    },
  });
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
  if (way === 'one') await askCheck(answers, asking);
  else if (way === 'none') Object.assign(answers, pingUrlsBelow(''));
  else for (const name of [...PING_FIELDS, 'hcUrlVerify'] as const) await askOptional(name, 'none', answers, asking);
}
