import { isDestinationName } from '../../server/destination-name.ts';
import { placesOf } from '../../server/destination.ts';
import { DEFAULT_PLACE, parsePlace } from '../../storage/place.ts';
import { FIELD_NAMES, FIELDS, type FieldName, type ServerFields, type ServerInput } from '../../server/server.ts';
import { withSameArchives } from '../../server/server-form.ts';
import { ConfigError, PgbakError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { anyOf, askField, askOptional, badField } from './ask-fields.ts';
import { askPlaces } from './ask-places.ts';
import type { Asking } from './asking.ts';
import { fittedLines } from './fitted.ts';
import { tryIt } from './try-it.ts';
import { hintFor } from '../../core/server-hint.ts';
import { OTHER_DIRECTORY } from '../../storage/directory/files.ts';
import { BUCKET_IS_IN, KEYS_ARE_IN } from '../../storage/b2/remedies.ts';

const STORAGE_FIELDS = FIELD_NAMES.filter((name) => FIELDS[name].triedAt === 'storage');
const B2_FIELDS = ['b2KeyId', 'b2AppKey', 'b2Bucket'] as const;

/** What is asked again after an error; everything where none of these is in its message. */
const ABOUT: readonly (readonly [RegExp, readonly FieldName[]])[] = [
  [/B2 settings are missing/, B2_FIELDS],
  [/does not accept the application key/, ['b2KeyId', 'b2AppKey']],
  [/application key is for/, B2_FIELDS],
  [/may only store names/, ['archiveName']],
  [/application key/, ['b2KeyId', 'b2AppKey']],
  [/S3|the bucket /, ['destinations']],
  [/bucket/, ['b2Bucket']],
  [/directory|remote|rclone/, ['destinations']],
];

/** Asks where the archives go, and tries it, until it works or is wanted all the same. What was typed stays. */
export async function askStorage(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, tryStorage, fieldsOf, signal } = asking;
  let asked: readonly FieldName[] = ['destinations', ...B2_FIELDS];
  for (;;) {
    if (asked.includes('destinations')) await askDestination(answers, asked, asking);
    await askB2(answers, asked, asking);
    await askArchiveName(answers, asked.includes('archiveName'), asking);
    const attempt = tryStorage === undefined ? undefined : () => tryStorage(fieldsOf(answers));
    if (attempt !== undefined) await settle(fieldsOf(answers), asking);
    const problem = await tryIt('Trying the storage', attempt, signal, (hint) => inWords(hint, answers, asking));
    if (problem === undefined) return;
    asked = ABOUT.find(([pattern]) => pattern.test(problem.message))?.[1] ?? STORAGE_FIELDS;
    if (asked.every((field) => given[field] !== undefined)) throw new ConfigError('nothing was stored', problem.hint);
  }
}

/** Names what a person can correct: the variable where a value came from it, else the prompt. */
function inWords(hint: string, answers: ServerInput, { given, today, environment }: Asking): string {
  const sourceOf = (name: (typeof B2_FIELDS)[number]) => {
    const { flag, variable = flag } = FIELDS[name];
    if (given[name] !== undefined) return `--${flag}`;
    const isHere = (answers[name] ?? today?.[name] ?? '') !== '' || environment.variable(variable) === undefined;
    return isHere ? `the ${name === 'b2Bucket' ? 'bucket' : name === 'b2KeyId' ? 'key id' : 'key'} below` : variable;
  };
  if (hint.includes('--no-check')) return 'Give them below, or keep it where only cron or systemd has them.';
  if (hint.includes('--create-destination')) return 'Mount its disk, or name another directory.';
  return hint
    .replaceAll(`: ${hintFor(OTHER_DIRECTORY, undefined)}`, '.')
    .replaceAll(hintFor(KEYS_ARE_IN, undefined), `${sourceOf('b2KeyId')} and ${sourceOf('b2AppKey')}`)
    .replaceAll(hintFor(BUCKET_IS_IN, undefined), sourceOf('b2Bucket'));
}

/** A no is an answer as well: then the storage is found wanting, which is told. */
async function settle(fields: ServerFields, { settleDestination }: Asking): Promise<void> {
  try {
    const done = await settleDestination?.(fields);
    if (done !== undefined) process.stdout.write(`${fittedLines(printable(`  ${done}`))}\n`);
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
  }
}

async function askDestination(
  answers: ServerInput,
  asked: readonly FieldName[],
  { given, today, environment }: Asking,
): Promise<void> {
  if (given.destinations !== undefined) return;
  const byDefault = environment.destination ?? DEFAULT_PLACE;
  const usual = today === undefined || today.destinations.length === 0 ? [byDefault] : today.destinations;
  // Where nothing names B2, no user chose it: beside other places it is not marked by itself.
  const isChosen = answers.destinations !== undefined || today !== undefined || environment.destination !== undefined;
  const current = isChosen ? (answers.destinations ?? usual) : [];
  // A place that will not do is corrected; the page that follows leads to other kinds.
  const destinations = await askPlaces(current, environment, asked.length === 1);
  // What the environment says anyway need not stand in the record.
  if (JSON.stringify(destinations) === JSON.stringify(usual)) delete answers.destinations;
  else answers.destinations = [...destinations];
}

async function askB2(answers: ServerInput, asked: readonly FieldName[], asking: Asking): Promise<void> {
  const fields = asking.fieldsOf(answers);
  const texts =
    fields.destinations.length === 0 ? [asking.environment.destination ?? DEFAULT_PLACE] : fields.destinations;
  const bare = texts.filter((text) => !isDestinationName(text)).map((text) => parsePlace(text));
  const places = bare.filter((place) => place.kind === 'b2');
  if (places.length === 0) return;
  const isBucketKnown = places.every(({ bucket }) => bucket !== undefined);
  // Another kind of storage was chosen before.
  const isUnset = (name: (typeof B2_FIELDS)[number]) => {
    const { flag, variable = flag } = FIELDS[name];
    return (
      asked.includes('destinations') &&
      fields[name] === undefined &&
      asking.environment.variable(variable) === undefined
    );
  };
  for (const name of B2_FIELDS) {
    if (name === 'b2Bucket' && isBucketKnown) continue;
    if (asked.includes(name) || isUnset(name)) await askOptional(name, 'none yet', answers, asking);
  }
}

/** Asks for the name of the archives where it is wanted, or taken by another server. */
export async function askArchiveName(answers: ServerInput, isWanted: boolean, asking: Asking): Promise<void> {
  const { given, today, others, environment, fieldsOf } = asking;
  if (given.archiveName !== undefined) return;
  const fields = fieldsOf(answers);
  const places = placesOf(fields, environment);
  const taken = (archiveName: string) => {
    const other = withSameArchives(places, { ...fields, archiveName }, others, environment);
    return other === undefined ? undefined : `server "${other.server.name}" has that name in ${other.place} already`;
  };
  if (!isWanted && taken(fields.archiveName) === undefined) return;
  const problemOf = anyOf(badField('archiveName'), taken);
  const text = await askField('archiveName', { prefill: fields.archiveName, problemOf });
  if (text !== today?.archiveName) answers.archiveName = text;
  else delete answers.archiveName;
}
