import type { Context } from '../core/context.ts';
import { parseConnection, type Connection } from '../postgres/connection.ts';
import { resolveReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { databaseOf } from '../server/programs.ts';
import { attempt, PgbakError, ProgramError } from '../core/errors.ts';

/** The hint about the connection string of a server that is backed up tells to edit it. Of any other, `remedy` tells where it comes from. */
export function correctedBy(remedy: string, error: unknown): unknown {
  if (!(error instanceof ProgramError) || error.hint?.includes(ANOTHER_STRING) !== true) return error;
  return new ProgramError(error.message, error.hint.replaceAll(ANOTHER_STRING, remedy));
}

const ANOTHER_STRING = '--connection-string ...';

/** Reaches a server to load into, and finds the client programs that fit it. */
export async function reach(connection: Connection, context: Pick<Context, 'environment' | 'signal'>) {
  const database = await databaseOf(connection, context);
  const facts = await inspectServer(database);
  const programs = matchVersion(connection.label, facts.version, database.found);
  return { database, facts, programs };
}

/** The connection of the server itself; undefined where it is not known, as after a rebuild of the catalogue. */
export function ownConnection(
  server: ServerRecord,
  { environment }: Pick<Context, 'environment'>,
): Connection | undefined {
  const own = attempt(() =>
    parseConnection(resolveReference(server.connectionString, 'the connection string', environment.variable)),
  );
  return own instanceof PgbakError ? undefined : own;
}
