import { parseServerInput, type ServerInput } from '../../server/server-input.ts';
import type { ServerFields, ServerRecord } from '../../server/server.ts';
import type { Workplace } from '../open-workplace.ts';
import { connectionCheck, storageCheck } from '../../server/server-checks.ts';
import { changedServer, newServer } from '../../server/server-form.ts';
import { settleDestination } from '../../server/settle-destination.ts';

export interface FillIn {
  given: ServerInput;
  /** The server that is edited. */
  today?: ServerRecord;
  /** Try connection and storage as they are typed. */
  isChecked: boolean;
  /** `--create-destination` was given. */
  mayCreate: boolean;
  signal: AbortSignal;
}

/** Lets a person fill in what flags left out, and returns it all as if it had been given by flags. */
export async function fillIn(
  { given, today, isChecked, mayCreate, signal }: FillIn,
  workplace: Workplace,
): Promise<ServerInput> {
  const { askServer } = await import('./ask-server.ts');
  const servers = await workplace.catalog.servers.list();
  const fieldsOf = (answers: ServerInput): ServerFields =>
    today === undefined
      ? newServer(parseServerInput({ ...answers, name: answers.name ?? 'new server' }))
      : changedServer(today, parseServerInput(answers));
  return await askServer({
    given,
    today,
    others: servers.filter(({ id }) => id !== today?.id),
    environment: workplace.environment,
    fieldsOf,
    tryConnection: isChecked ? (fields) => connectionCheck(fields, workplace, signal) : undefined,
    settleDestination: isChecked
      ? (fields) => settleDestination(fields, workplace, { isAllowed: mayCreate, isAsking: true })
      : undefined,
    tryStorage: isChecked ? (fields) => storageCheck(fields, workplace, signal) : undefined,
    signal,
  });
}
