import { select } from '@inquirer/prompts';
import { attempt, ConfigError, PgbakError } from '../../core/errors.ts';
import { formatBytes } from '../../core/format.ts';
import { printable, printableName } from '../../core/printable.ts';
import { Secret } from '../../core/secret.ts';
import { namesDatabase, parseConnection, withDatabase } from '../../postgres/connection.ts';
import { isReference } from '../../server/reference.ts';
import type { ServerInput } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { anyOf, askField, badConnection, needed } from './ask-fields.ts';
import type { Asking } from './asking.ts';
import { fitted } from './fitted.ts';
import { tryIt } from './try-it.ts';

/** Asks for the connection string and, where it names none, for the database; tries it until it works or is wanted all the same. */
export async function askConnection(answers: ServerInput, asking: Asking): Promise<void> {
  const { given, today, tryConnection, fieldsOf, signal } = asking;
  for (;;) {
    if (given.connectionString === undefined) {
      const prefill = answers.connectionString;
      const keeps =
        today !== undefined && prefill === undefined
          ? { emptyMeans: `${shownConnection(today.connectionString)}; Enter keeps it` }
          : {};
      const text = await askField('connectionString', {
        problemOf: anyOf(needed, badConnection),
        ...keeps,
        ...(prefill === undefined ? {} : { prefill }),
      });
      if (text === '') return;
      answers.connectionString = text;
    }
    await chooseDatabase(answers, asking);
    const problem = await tryIt(
      'Connecting',
      tryConnection === undefined ? undefined : () => tryConnection(fieldsOf(answers)),
      signal,
    );
    if (problem === undefined) return;
    // What a flag gave cannot be asked for again.
    if (given.connectionString !== undefined) {
      throw new ConfigError('nothing was stored', 'Correct --connection-string and try again.');
    }
  }
}

const ALL_OF_THEM = 'all of them, each with backups of its own';

/** The present one as it may be seen: without its password. */
function shownConnection(connectionString: Secret): string {
  const text = connectionString.reveal();
  if (isReference(text)) return text;
  const connection = attempt(() => parseConnection(connectionString));
  return connection instanceof PgbakError ? 'set' : printable(connection.conninfo);
}

/** Without a database in the connection string, libpq takes one that the user may not mean. */
async function chooseDatabase(answers: ServerInput, { listDatabases, fieldsOf, today, signal }: Asking): Promise<void> {
  const { connectionString } = answers;
  if (answers.allDatabases === true || today?.allDatabases === true) return;
  if (connectionString === undefined || isReference(connectionString) || listDatabases === undefined) return;
  const secret = new Secret(connectionString);
  if (namesDatabase(parseConnection(secret))) return;
  let databases: Awaited<ReturnType<typeof listDatabases>>;
  try {
    databases = await listDatabases(fieldsOf(answers));
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    // The try that follows tells why.
    return;
  }
  if (databases.length === 0) return;
  const name = await select(
    {
      message: fitted('The connection string names no database. Which one?'),
      choices: [
        ...databases.map(({ name: value, sizeBytes }) => ({
          name: `${printableName(value)}${sizeBytes === undefined ? '' : `  ${formatBytes(sizeBytes)}`}`,
          value,
        })),
        // What a server is cannot be changed once it has backups.
        ...(today === undefined ? [{ name: ALL_OF_THEM, value: undefined }] : []),
      ],
      pageSize: 12,
    },
    promptContext(),
  );
  if (name === undefined) {
    answers.allDatabases = true;
    return;
  }
  const whole = attempt(() => withDatabase(secret, name));
  if (!(whole instanceof PgbakError)) answers.connectionString = whole.reveal();
}
