import { select } from '@inquirer/prompts';
import { parseArchiveName } from '../../server/archive-name.ts';
import { parseDestination, settingsPlace } from '../../server/destination.ts';
import { DEFAULT_PLACE, directoryAt, directoryPlace } from '../../storage/place.ts';
import type { ServerFields, ServerInput } from '../../server/server.ts';
import { ConfigError } from '../../core/errors.ts';
import { promptContext } from '../../system/interruption.ts';
import { allOf, askOptional, problems } from './ask-fields.ts';
import { archiveNameProblem } from './archive-name-problem.ts';
import type { Asking } from './ask-server.ts';
import { fieldPrompt } from './field-prompt.ts';
import { tryIt } from './try-it.ts';

const FIELDS = ['destination', 'b2KeyId', 'b2AppKey', 'b2Bucket', 'archiveName'] as const;

/** Asks where the archives go and under which name, and tries it, until it works or is wanted all the same. */
export async function askStorage(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, tryStorage, fieldsOf, signal } = asking;
  for (;;) {
    await askDestination(answers, asking);
    await askB2(answers, asking);
    await askArchiveName(answers, asking);
    const isChanged = FIELDS.some((field) => answers[field] !== undefined) || asking.today === undefined;
    const attempt = tryStorage === undefined || !isChanged ? undefined : () => tryStorage(fieldsOf(answers));
    if (attempt !== undefined) await settle(fieldsOf(answers), asking);
    if (await tryIt('Trying the storage', attempt, signal)) return;
    if (FIELDS.every((field) => given[field] !== undefined)) throw new ConfigError('nothing was stored');
    for (const field of FIELDS) if (given[field] === undefined) delete answers[field];
  }
}

/** A no is an answer as well: then the storage is found wanting, which is told. */
async function settle(fields: ServerFields, { settleDestination }: Asking): Promise<void> {
  try {
    await settleDestination?.(fields);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
}

async function askDestination(answers: ServerInput, { given, today, environment }: Asking): Promise<void> {
  if (given.destination !== undefined) return;
  const current = today?.destination ?? environment.destination ?? DEFAULT_PLACE;
  const { kind } = parseDestination(current);
  const choice = await select(
    {
      message: 'Store the archives in',
      choices: [
        { name: 'Backblaze B2', value: 'b2' as const },
        { name: 'a directory of this machine', value: 'directory' as const },
      ],
      default: kind,
    },
    promptContext(),
  );
  if (choice === 'b2') {
    // What the environment says anyway need not stand in the record.
    if (kind !== 'b2') answers.destination = DEFAULT_PLACE;
    return;
  }
  const text = await fieldPrompt({
    message: 'Directory',
    problemOf: allOf(problems.something, problems.directory),
    ...(kind === 'directory' ? { prefill: directoryAt(current) ?? current } : {}),
  });
  const destination = directoryPlace(text);
  if (destination !== current) answers.destination = destination;
}

async function askB2(answers: ServerInput, { given, today, environment, fieldsOf }: Asking): Promise<void> {
  if (settingsPlace(fieldsOf(answers), environment).kind !== 'b2') return;
  const from = (value: unknown, variable: string) => (value === undefined ? 'none yet' : `from ${variable}`);
  const problemOf = problems.anything;
  const fields = [
    ['b2KeyId', 'B2 key id', today?.b2KeyId, from(environment.b2KeyId, 'B2_KEY_ID'), false],
    ['b2AppKey', 'B2 application key', today?.b2AppKey, from(environment.b2AppKey, 'B2_APP_KEY'), true],
    ['b2Bucket', 'B2 bucket', today?.b2Bucket, from(environment.b2Bucket, 'B2_BUCKET'), false],
  ] as const;
  for (const [field, message, value, otherwise, isSecret] of fields) {
    if (given[field] !== undefined) continue;
    const text = await askOptional({ message, today: value, otherwise, isSecret, problemOf });
    if (text !== undefined) answers[field] = text;
  }
}

async function askArchiveName(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, today, fieldsOf } = asking;
  if (given.archiveName !== undefined) return;
  const fields = fieldsOf(answers);
  const isFree = archiveNameProblem(fields, asking);
  const suggested = today?.archiveName ?? fields.archiveName;
  const text = await fieldPrompt({
    message: 'Archive name',
    prefill: suggested,
    problemOf: allOf(problems.archiveName, isFree),
  });
  if (text !== today?.archiveName) answers.archiveName = parseArchiveName(text);
}
