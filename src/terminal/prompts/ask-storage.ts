import { select } from '@inquirer/prompts';
import { parseDestination, placeOf, settingsPlace } from '../../server/destination.ts';
import { DEFAULT_PLACE, directoryAt, directoryPlace } from '../../storage/place.ts';
import { FIELD_NAMES, FIELDS, type ServerFields, type ServerInput } from '../../server/server.ts';
import { withSameArchives } from '../../server/server-form.ts';
import { ConfigError } from '../../core/errors.ts';
import { promptContext } from '../../system/interruption.ts';
import { anyOf, askField, askOptional, badDirectory, badField, needed } from './ask-fields.ts';
import type { Asking } from './ask-server.ts';
import { fieldPrompt } from './field-prompt.ts';
import { tryIt } from './try-it.ts';

const STORAGE_FIELDS = FIELD_NAMES.filter((name) => FIELDS[name].triedAt === 'storage');

/** Asks where the archives go and under which name, and tries it, until it works or is wanted all the same. */
export async function askStorage(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, tryStorage, fieldsOf, signal } = asking;
  for (;;) {
    await askDestination(answers, asking);
    await askB2(answers, asking);
    await askArchiveName(answers, asking);
    const isChanged = STORAGE_FIELDS.some((field) => answers[field] !== undefined) || asking.today === undefined;
    const attempt = tryStorage === undefined || !isChanged ? undefined : () => tryStorage(fieldsOf(answers));
    if (attempt !== undefined) await settle(fieldsOf(answers), asking);
    if (await tryIt('Trying the storage', attempt, signal)) return;
    if (STORAGE_FIELDS.every((field) => given[field] !== undefined)) throw new ConfigError('nothing was stored');
    for (const field of STORAGE_FIELDS) if (given[field] === undefined) delete answers[field];
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
    problemOf: anyOf(needed, badDirectory),
    ...(kind === 'directory' ? { prefill: directoryAt(current) ?? current } : {}),
  });
  const destination = directoryPlace(text);
  if (destination !== current) answers.destination = destination;
}

async function askB2(answers: ServerInput, asking: Asking): Promise<void> {
  if (settingsPlace(asking.fieldsOf(answers), asking.environment).kind !== 'b2') return;
  for (const name of ['b2KeyId', 'b2AppKey', 'b2Bucket'] as const) {
    const text = await askOptional(name, 'none yet', asking);
    if (text !== undefined) answers[name] = text;
  }
}

async function askArchiveName(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, today, others, environment, fieldsOf } = asking;
  if (given.archiveName !== undefined) return;
  const fields = fieldsOf(answers);
  const place = placeOf(fields, environment);
  const taken = (archiveName: string) => {
    const other = withSameArchives(place, archiveName, others, environment);
    return other === undefined ? undefined : `server "${other.name}" has that name in ${place} already`;
  };
  const prefill = today?.archiveName ?? fields.archiveName;
  const text = await askField('archiveName', { prefill, problemOf: anyOf(badField('archiveName'), taken) });
  if (text !== today?.archiveName) answers.archiveName = text;
}
