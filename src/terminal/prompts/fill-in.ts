import type { Context } from '../../core/context.ts';
import { printable } from '../../core/printable.ts';
import { settleDestination } from '../../monitor/lost-directory.ts';
import { listDatabases } from '../../monitor/list-databases.ts';
import { connectionCheck, programsCheck, storageCheck } from '../../monitor/try-server.ts';
import { changedServer, newServer } from '../../server/server-form.ts';
import { parseServerInput } from '../../server/server-form.ts';
import type { ServerInput, ServerFields, ServerRecord } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';

interface FillIn {
  given: ServerInput;
  /** The server that is edited. */
  today?: ServerRecord;
  /** Try connection and storage as they are typed. */
  isChecked: boolean;
  /** `--create-destination` was given. */
  mayCreate: boolean;
  /** How many backups of the server are stored. */
  storedCount: number;
}

/** Lets a person fill in what flags left out, and returns it all as if it had been given by flags. */
export async function fillIn(
  { given, today, isChecked, mayCreate, storedCount }: FillIn,
  context: Context,
): Promise<ServerInput> {
  const { askServer } = await import('./ask-server.ts');
  const others = await context.catalog.servers.besides(today?.id);
  const fieldsOf = (answers: ServerInput): ServerFields =>
    today === undefined
      ? newServer(parseServerInput({ ...answers, name: answers.name ?? 'new server' }), context.environment)
      : changedServer(today, parseServerInput(answers));
  return await askServer({
    given,
    today,
    others,
    storedCount,
    isChecked,
    environment: context.environment,
    fieldsOf,
    listDatabases: isChecked ? (fields) => listDatabases(fields, context) : undefined,
    tryPrograms: isChecked ? async (fields) => (await programsCheck(fields, context)).join('\n') : undefined,
    tryConnection: isChecked ? (fields) => connectionCheck(fields, context) : undefined,
    settleDestination: isChecked
      ? (fields) => settleDestination(fields, context, { isAllowed: mayCreate, ask: isWanted })
      : undefined,
    tryStorage: isChecked ? (fields) => storageCheck(fields, context) : undefined,
    signal: context.signal,
  });
}

/** Asks whether to create a missing directory, or to use the one that is there. */
export async function isWanted(problem: string, isThere: boolean): Promise<boolean> {
  const [{ confirm }, { fitted }] = await Promise.all([import('@inquirer/prompts'), import('./fitted.ts')]);
  const question = isThere ? 'Use it as it is?' : 'Create it?';
  return await confirm(
    {
      message: fitted(printable(`${asSentence(problem)} ${question}`)),
      default: false,
    },
    promptContext(),
  );
}

function asSentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${message.endsWith('?') ? '' : '.'}`;
}
