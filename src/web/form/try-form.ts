import { ConfigError, PgbakError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { Context } from '../../core/context.ts';
import { listDatabases } from '../../monitor/list-databases.ts';
import { settleDestination } from '../../monitor/lost-directory.ts';
import { connectionCheck, neededTries, storageCheck } from '../../monitor/try-server.ts';
import { namesDatabase, parseConnection, withDatabase } from '../../postgres/connection.ts';
import type { Environment } from '../../server/environment.ts';
import { completed } from '../../server/server-form.ts';
import type { CheckedServer } from '../../server/check-server.ts';
import { isReference } from '../../server/reference.ts';
import { FIELDS, SERVER_DEFAULTS, type ServerChanges, type ServerFields } from '../../server/server.ts';
import type { Draft } from './drafts.ts';
import { DATABASE } from './extras.ts';
import type { InputKey } from './inputs.ts';
import { asProblems, type InputProblem } from './read-form.ts';
import type { Outcome, Target } from './turn.ts';

/** What is asked where a connection string names no database. */
export const WHICH_DATABASE = 'the connection string names no database. Which one?';

/** Puts the database that was chosen into the connection string that was typed. */
export function chooseDatabase(form: URLSearchParams, draft: Draft): void {
  const name = form.get(DATABASE);
  const [typed] = draft.typed.get(FIELDS.connectionString.flag) ?? [];
  if (name === null || typed === undefined || isReference(typed.reveal())) return;
  // One that was typed anew may name a database itself.
  if (form.get(FIELDS.connectionString.flag) === '') {
    draft.typed.set(FIELDS.connectionString.flag, [withDatabase(typed, name)]);
  }
}

/**
 * The databases to choose from, where the connection string that was typed names none: libpq would take one that the person
 * may not mean. None where they cannot be listed; the try that follows tells why.
 */
export async function databasesToChoose(draft: Draft, context: Context): Promise<NonNullable<Outcome['databases']>> {
  const [typed] = draft.typed.get(FIELDS.connectionString.flag) ?? [];
  if (typed === undefined || isReference(typed.reveal())) return [];
  try {
    if (namesDatabase(parseConnection(typed))) return [];
    return await listDatabases({ connectionString: typed }, context);
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    return [];
  }
}

/** Tries the connection or the storage of a form of which other parts may be wrong or missing. */
export async function tryPart(
  wish: 'connection' | 'storage',
  { changes, fields, problems }: CheckedServer,
  { today }: Target,
  context: Context & { mayCreate: boolean },
): Promise<Outcome> {
  const at = wish === 'connection' ? 'database' : 'storage';
  const concerned = problems.filter(({ name }) => FIELDS[name].triedAt === at);
  if (concerned.length > 0) return { problems: asProblems(concerned) };
  const whole: ServerFields = fields ?? {
    ...SERVER_DEFAULTS,
    ...(today ?? standIn(changes, context.environment)),
    ...changes,
  };
  if (wish === 'connection') return await outcomeOf('connectionString', () => connectionCheck(whole, context));
  const settled = await settle(whole, context);
  return settled.problems.length > 0 ? settled : await outcomeOf('destinations', () => storageCheck(whole, context));
}

/** A new server of which only a part is known: named as was typed, or else like its database. */
function standIn(changes: ServerChanges, environment: Environment) {
  const { fields } = completed({ connectionString: new Secret("dbname='new server'"), ...changes }, environment);
  const { name, archiveName } = fields ?? { name: 'new server', archiveName: 'new server' };
  return { name, archiveName, connectionString: new Secret('') };
}

/** Tries all that must be tried before a server is stored. Every failure is told, not only the first. */
export async function tryAll(
  fields: ServerFields,
  changes: ServerChanges,
  { today }: Target,
  context: Context,
): Promise<InputProblem[]> {
  const problems: InputProblem[] = [];
  for (const { field, run } of neededTries(fields, today === undefined ? 'new' : changes, context)) {
    problems.push(...(await outcomeOf(field, run)).problems);
  }
  return problems;
}

/** Makes sure that the directory is there, or asks whether to make it. */
export async function settle(fields: ServerFields, context: Context & { mayCreate: boolean }): Promise<Outcome> {
  try {
    await settleDestination(fields, context, { isAllowed: context.mayCreate });
    return { problems: [] };
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    // A file in its path, say, is no directory that could be made.
    return { problems: [{ key: 'destinations', problem: error }], isDirectoryMissing: error instanceof ConfigError };
  }
}

async function outcomeOf(key: InputKey, run: () => Promise<string>): Promise<Outcome> {
  try {
    return { problems: [], found: new Map([[key, await run()]]) };
  } catch (error) {
    if (!(error instanceof PgbakError)) throw error;
    return { problems: [{ key, problem: error }] };
  }
}
