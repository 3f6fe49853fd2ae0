import { attempt, PgbakError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import { parseConnection } from '../../postgres/connection.ts';
import { FREQUENCY_EXAMPLES, hoursIn } from '../../server/frequency.ts';
import { resolveReference } from '../../server/reference.ts';
import { SERVER_DEFAULTS, type ServerInput } from '../../server/server.ts';
import { anyOf, askField, badField } from './ask-fields.ts';
import type { Asking } from './asking.ts';

export async function askName(answers: ServerInput, { given, today, others, environment }: Asking): Promise<void> {
  if (given.name !== undefined) return;
  const taken = (text: string) =>
    others.some(({ name }) => name === text.trim()) ? `there is a server named "${text.trim()}" already` : undefined;
  const prefill = answers.name ?? today?.name ?? databaseIn(answers.connectionString, environment.variable);
  const problemOf = anyOf(badField('name'), taken);
  const text = await askField('name', { problemOf, ...(prefill === undefined ? {} : { prefill }) });
  if (text !== today?.name) answers.name = text;
}

export async function askFrequency(answers: ServerInput, { given, today }: Asking): Promise<void> {
  if (given.frequencyHours !== undefined) return;
  const hours = answers.frequencyHours ?? today?.frequencyHours ?? SERVER_DEFAULTS.frequencyHours;
  const problemOf = (text: string) => (hoursIn(text) === undefined ? `this must be ${FREQUENCY_EXAMPLES}` : undefined);
  const text = await askField('frequencyHours', { prefill: `${hours}h`, problemOf });
  answers.frequencyHours = hoursIn(text) ?? hours;
}

function databaseIn(
  connectionString: string | undefined,
  variable: Asking['environment']['variable'],
): string | undefined {
  if (connectionString === undefined) return undefined;
  const connection = attempt(() =>
    parseConnection(resolveReference(new Secret(connectionString), 'the connection string', variable)),
  );
  return connection instanceof PgbakError ? undefined : connection.database;
}
