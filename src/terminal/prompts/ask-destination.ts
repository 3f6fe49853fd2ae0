import { select } from '@inquirer/prompts';
import type { Context } from '../../core/context.ts';
import { ConfigError, PgbakError } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import { settleDirectory } from '../../monitor/settle-destination.ts';
import { tryDestination } from '../../monitor/try-destination.ts';
import { valueOf } from '../../server/field-kinds.ts';
import { newDestination, parseDestinationInput, refuseTaken } from '../../server/destination-form.ts';
import {
  OF_DESTINATION,
  type DestinationFieldName,
  type DestinationFields,
  type DestinationInput,
  type DestinationRecord,
} from '../../server/destination-record.ts';
import { DESTINATION_WORDS } from '../../server/destination-words.ts';
import { directoryAt, directoryPlace, parsePlace, remoteAt, remotePlace, type Place } from '../../storage/place.ts';
import { promptContext } from '../../system/interruption.ts';
import { anyOf, badDirectory, badRemote, CLEARS, needed } from './ask-fields.ts';
import { fieldPrompt } from './field-prompt.ts';
import { isWanted } from './fill-in.ts';
import { fittedLines } from './fitted.ts';
import { tryIt } from './try-it.ts';

interface Wanted {
  /** What flags and arguments said. */
  given: DestinationInput;
  /** The destination that is edited. */
  today?: DestinationRecord;
  isChecked: boolean;
  /** `--create-destination` was given. */
  isAllowed: boolean;
}

/** What is asked for; the rest has flags alone. */
const ASKED = {
  b2: ['b2KeyId', 'b2AppKey', 'b2PruneKeyId', 'b2PruneAppKey'],
  s3: ['s3Endpoint', 's3Region', 's3AccessKeyId', 's3SecretAccessKey'],
  rclone: ['rcloneConfig'],
  directory: [],
} as const satisfies Record<Place['kind'], readonly DestinationFieldName[]>;

type Answers = DestinationInput & { [Name in DestinationFieldName]?: DestinationInput[Name] };

/** Asks for a destination, and tries it, until it works or is wanted all the same. What was typed stays. */
export async function askDestination(wanted: Wanted, context: Context): Promise<DestinationInput> {
  const { given, today, isChecked, isAllowed } = wanted;
  const answers: Answers = { ...given };
  if (given.name === undefined) await askName(answers, wanted, context);
  for (;;) {
    if (given.place === undefined) answers.place = await askPlace(answers.place ?? today?.place);
    const { kind } = parsePlace(parseDestinationInput(answers).place ?? today?.place ?? '');
    for (const name of ASKED[kind]) if (given[name] === undefined) await askSetting(name, answers, today);
    const fieldsOf = (): DestinationFields => newDestination({ ...today, ...parseDestinationInput(answers) });
    if (!isChecked) return answers;
    await settle(fieldsOf(), isAllowed, context);
    const attempt = async () => await tryDestination(fieldsOf(), context);
    const problem = await tryIt('Trying the destination', attempt, context.signal);
    if (problem === undefined) return answers;
    if (given.place !== undefined && ASKED[kind].every((name) => given[name] !== undefined)) {
      throw new ConfigError('nothing was stored', problem.hint);
    }
  }
}

async function askName(answers: Answers, { today }: Wanted, { environment }: Context): Promise<void> {
  const others = environment.namedDestinations.filter(({ id }) => id !== today?.id);
  const taken = (name: string) => {
    try {
      refuseTaken({ name, place: '' }, others);
      return undefined;
    } catch (error) {
      if (error instanceof PgbakError) return error.message;
      throw error;
    }
  };
  const name = await fieldPrompt({
    message: 'Name',
    example: DESTINATION_WORDS.name.example,
    problemOf: anyOf(needed, badSetting('name'), taken),
    prefill: today?.name ?? '',
  });
  if (name !== today?.name) answers.name = name;
}

function badSetting(name: DestinationFieldName): (text: string) => string | undefined {
  return (text) => {
    const value = valueOf<unknown>(OF_DESTINATION[name].rule, text);
    return value instanceof PgbakError ? value.message : undefined;
  };
}

async function askPlace(before: string | undefined): Promise<string> {
  const kind = await select<Place['kind']>(
    {
      message: 'Where is it',
      choices: [
        { name: 'Backblaze B2', value: 'b2' },
        { name: 'an S3 bucket (AWS, R2, MinIO, Ceph, ...)', value: 's3' },
        { name: 'a directory of this machine', value: 'directory' },
        { name: 'a remote of rclone (SFTP, a NAS, Google Drive, ...)', value: 'rclone' },
      ],
      ...(before === undefined ? {} : { default: parsePlace(before).kind }),
    },
    promptContext(),
  );
  const isSame = before !== undefined && parsePlace(before).kind === kind;
  if (kind === 'directory') {
    const prefill = isSame ? (directoryAt(before) ?? '') : '';
    const problemOf = anyOf(needed, badDirectory);
    return directoryPlace(await fieldPrompt({ message: 'Directory', example: '/srv/backups', problemOf, prefill }));
  }
  if (kind === 'rclone') {
    const prefill = isSame ? (remoteAt(before) ?? '') : '';
    const problemOf = anyOf(needed, badRemote);
    return remotePlace(await fieldPrompt({ message: 'Remote and path', example: 'nas:backups', problemOf, prefill }));
  }
  const prefill = isSame ? before.slice(`${kind}:`.length) : '';
  const badBucket = (text: string) => badSetting('place')(`${kind}:${text}`);
  const example = 'my-backups, or my-backups/production';
  return `${kind}:${await fieldPrompt({ message: 'Bucket', example, problemOf: anyOf(needed, badBucket), prefill })}`;
}

/** A secret that is set is not shown: Enter keeps it, and a single `-` removes it. */
async function askSetting(
  name: (typeof ASKED)[Place['kind']][number],
  answers: Answers,
  today: DestinationRecord | undefined,
): Promise<void> {
  const { label, example } = DESTINATION_WORDS[name];
  const { isMasked: isSecret = false } = OF_DESTINATION[name];
  const message = `${label.charAt(0).toUpperCase()}${label.slice(1)}`;
  const value = today?.[name];
  const before = answers[name] ?? (value instanceof Secret ? '' : (value ?? ''));
  const isKept = value instanceof Secret && answers[name] === undefined;
  const text = await fieldPrompt({
    message,
    example,
    isSecret,
    prefill: before,
    emptyMeans: isKept ? `set; Enter keeps it, ${CLEARS} removes it` : 'none of its own',
    problemOf: (typed) => (typed === CLEARS ? undefined : badSetting(name)(typed)),
  });
  if (text !== before) answers[name] = text === CLEARS ? '' : text;
}

/** A no is an answer as well: then the destination is found wanting, which is told. */
async function settle(fields: DestinationFields, isAllowed: boolean, context: Context): Promise<void> {
  try {
    const done = await settleDirectory(fields, context, { isAllowed, ask: isWanted });
    if (done !== undefined) process.stdout.write(`${fittedLines(printable(`  ${done}`))}\n`);
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
  }
}
