import type { Environment } from '../../server/environment.ts';
import { isReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';
import { SERVER_DEFAULTS, type ServerFields, type ServerRecord, type ServerInput } from '../../server/server.ts';
import { ConfigError } from '../../core/errors.ts';
import { parseConnection } from '../../postgres/connection.ts';
import { allOf, askOptional, problems } from './ask-fields.ts';
import { askStorage } from './ask-storage.ts';
import { fieldPrompt } from './field-prompt.ts';
import { tryIt } from './try-it.ts';

export interface Asking {
  /** What flags said; it is not asked again. */
  given: ServerInput;
  /** The server as it stands, when it is edited. */
  today: ServerRecord | undefined;
  /** All other servers. */
  others: readonly ServerRecord[];
  environment: Environment;
  /** The whole server that the answers so far would make. */
  fieldsOf: (answers: ServerInput) => ServerFields;
  /** Undefined where nothing is to be tried. */
  tryConnection: ((fields: ServerFields) => Promise<string>) | undefined;
  /** Asks whether a directory that is missing is to be made. */
  settleDestination: ((fields: ServerFields) => Promise<unknown>) | undefined;
  tryStorage: ((fields: ServerFields) => Promise<string>) | undefined;
  signal: AbortSignal;
}

/** Asks for what flags left out, and tries connection and storage at once. Nothing is stored here. */
export async function askServer(asking: Asking): Promise<ServerInput> {
  const answers: ServerInput = { ...asking.given };
  await askConnection(answers, asking);
  await askName(answers, asking);
  await askFrequency(answers, asking);
  await askStorage(answers, asking);
  await askPassword(answers, asking);
  await askPings(answers, asking);
  return answers;
}

async function askConnection(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, today, tryConnection, fieldsOf, signal } = asking;
  const isChanged = () => answers.connectionString !== undefined;
  for (;;) {
    if (given.connectionString === undefined) {
      const text = await fieldPrompt({
        message: 'Connection string',
        isSecret: true,
        problemOf: allOf(problems.something, problems.connection),
        ...(today === undefined ? {} : { emptyMeans: 'set; Enter keeps it' }),
      });
      if (text !== '') answers.connectionString = text;
    }
    const attempt = tryConnection === undefined || !isChanged() ? undefined : () => tryConnection(fieldsOf(answers));
    if (await tryIt('Connecting', attempt, signal)) return;
    if (given.connectionString !== undefined) throw notStored('--connection-string');
  }
}

async function askName(answers: ServerInput, { given, today, others }: Asking): Promise<void> {
  if (given.name !== undefined) return;
  const isFree = (text: string) =>
    others.some(({ name }) => name === text.trim()) ? `there is a server named "${text.trim()}" already` : undefined;
  const suggested = today?.name ?? databaseIn(answers.connectionString);
  const text = await fieldPrompt({
    message: 'Name',
    problemOf: allOf(problems.name, isFree),
    ...(suggested === undefined ? {} : { prefill: suggested }),
  });
  if (text !== today?.name) answers.name = text;
}

async function askFrequency(answers: ServerInput, { given, today }: Asking): Promise<void> {
  if (given.frequencyHours !== undefined) return;
  const prefill = String(today?.frequencyHours ?? SERVER_DEFAULTS.frequencyHours);
  const text = await fieldPrompt({ message: 'Hours between backups', prefill, problemOf: problems.hours });
  if (Number(text) !== today?.frequencyHours) answers.frequencyHours = Number(text);
}

async function askPassword(answers: ServerInput, { given, today, environment }: Asking): Promise<void> {
  if (given.archivePassword !== undefined) return;
  const otherwise = environment.archivePassword === undefined ? 'none: not encrypted' : 'from ARCHIVE_PASSWORD';
  const field = { isSecret: true, problemOf: problems.anything };
  for (;;) {
    const message = 'Archive password';
    const text = await askOptional({ ...field, message, today: today?.archivePassword, otherwise });
    if (text === undefined || text === '' || isReference(text)) {
      if (text !== undefined) answers.archivePassword = text;
      return;
    }
    // One that was mistyped is found out on the day of the restore.
    const again = await fieldPrompt({ message: 'The same again', isSecret: true, problemOf: problems.something });
    if (again === text) {
      answers.archivePassword = text;
      return;
    }
    process.stdout.write('  The two are not the same; once more.\n');
  }
}

async function askPings(answers: ServerInput, { given, today }: Asking): Promise<void> {
  const fields = [
    ['hcUrlSuccess', 'Ping URL for success', today?.hcUrlSuccess],
    ['hcUrlFail', 'Ping URL for failure', today?.hcUrlFail],
    ['hcUrlStart', 'Ping URL for the start', today?.hcUrlStart],
  ] as const;
  for (const [field, message, value] of fields) {
    if (given[field] !== undefined) continue;
    const text = await askOptional({ message, today: value, otherwise: 'none', problemOf: problems.pingUrl });
    if (text !== undefined) answers[field] = text;
  }
}

/** What flags said cannot be asked for again. */
export function notStored(flag: string): ConfigError {
  return new ConfigError('nothing was stored', `Correct ${flag} and try again.`);
}

function databaseIn(connectionString: string | undefined): string | undefined {
  if (connectionString === undefined || isReference(connectionString)) return undefined;
  return parseConnection(new Secret(connectionString)).database;
}
