import type { Context } from '../core/context.ts';
import { correctionOf, parseConnection, type Connection } from '../postgres/connection.ts';
import { connectionStringOf } from '../server/connection-of.ts';
import type { ServerRecord } from '../server/server.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { databaseOf } from '../server/programs.ts';
import { attempt, PgbakError, ProgramError } from '../core/errors.ts';

/**
 * The hint about the connection string of a server that is backed up tells to edit it. Any other is given behind `flag`, such as
 * `--to `.
 */
export function correctedBy(flag: string, connection: Connection, error: unknown): unknown {
  if (!(error instanceof ProgramError) || error.hint === undefined || !ANOTHER_STRING.test(error.hint)) return error;
  const isPasswordMissing = error.find(/no password supplied/) !== null;
  const correction = correctionOf(flag, { ...connection, isPasswordMissing });
  return new ProgramError(
    error.message,
    error.hint.replace(ANOTHER_STRING, () => correction),
  );
}

const ANOTHER_STRING = /--connection-string .*$/s;

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
  const own = attempt(() => parseConnection(connectionStringOf(server, environment.variable)));
  return own instanceof PgbakError ? undefined : own;
}
