import type { Environment } from '../../server/environment.ts';
import { isReference } from '../../server/reference.ts';
import { Secret } from '../../core/secret.ts';
import { SERVER_DEFAULTS, type ServerFields, type ServerInput, type ServerRecord } from '../../server/server.ts';
import { ConfigError } from '../../core/errors.ts';
import { parseConnection } from '../../postgres/connection.ts';
import { anyOf, askField, askOptional, badConnection, badField, badHours, needed } from './ask-fields.ts';
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
  /** Undefined where there is nothing to try. */
  tryConnection: ((fields: ServerFields) => Promise<string>) | undefined;
  /** Asks whether to create a missing directory. */
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
  for (;;) {
    if (given.connectionString === undefined) {
      const problemOf = anyOf(needed, badConnection);
      const keeps = today === undefined ? {} : { emptyMeans: 'set; Enter keeps it' };
      const text = await askField('connectionString', { problemOf, ...keeps });
      if (text !== '') answers.connectionString = text;
    }
    const isChanged = answers.connectionString !== undefined;
    const attempt = tryConnection === undefined || !isChanged ? undefined : () => tryConnection(fieldsOf(answers));
    if (await tryIt('Connecting', attempt, signal)) return;
    // What a flag gave cannot be asked for again.
    if (given.connectionString !== undefined) {
      throw new ConfigError('nothing was stored', 'Correct --connection-string and try again.');
    }
  }
}

async function askName(answers: ServerInput, { given, today, others }: Asking): Promise<void> {
  if (given.name !== undefined) return;
  const taken = (text: string) =>
    others.some(({ name }) => name === text.trim()) ? `there is a server named "${text.trim()}" already` : undefined;
  const prefill = today?.name ?? databaseIn(answers.connectionString);
  const problemOf = anyOf(badField('name'), taken);
  const text = await askField('name', { problemOf, ...(prefill === undefined ? {} : { prefill }) });
  if (text !== today?.name) answers.name = text;
}

async function askFrequency(answers: ServerInput, { given, today }: Asking): Promise<void> {
  if (given.frequencyHours !== undefined) return;
  const prefill = String(today?.frequencyHours ?? SERVER_DEFAULTS.frequencyHours);
  const text = await askField('frequencyHours', { prefill, problemOf: badHours });
  if (Number(text) !== today?.frequencyHours) answers.frequencyHours = Number(text);
}

async function askPassword(answers: ServerInput, asking: Asking): Promise<void> {
  for (;;) {
    const text = await askOptional('archivePassword', 'none: not encrypted', asking);
    if (text === undefined) return;
    // A mistyped password would be found out on the day of the restore.
    const isTypedTwice = text !== '' && !isReference(text);
    const again = isTypedTwice
      ? await fieldPrompt({ message: 'The same again', isSecret: true, problemOf: needed })
      : text;
    if (again === text) {
      answers.archivePassword = text;
      return;
    }
    process.stdout.write('  The two are not the same; once more.\n');
  }
}

async function askPings(answers: ServerInput, asking: Asking): Promise<void> {
  for (const name of ['hcUrlSuccess', 'hcUrlFail', 'hcUrlStart'] as const) {
    const text = await askOptional(name, 'none', asking);
    if (text !== undefined) answers[name] = text;
  }
}

function databaseIn(connectionString: string | undefined): string | undefined {
  if (connectionString === undefined || isReference(connectionString)) return undefined;
  return parseConnection(new Secret(connectionString)).database;
}
