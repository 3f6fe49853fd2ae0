import type { Context } from '../core/context.ts';
import type { Connection } from '../postgres/connection.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { databaseOf } from '../server/programs.ts';

/** Reaches a server to load into, and finds the client programs that fit it. */
export async function reach(connection: Connection, context: Pick<Context, 'environment' | 'signal'>) {
  const database = await databaseOf(connection, context);
  const facts = await inspectServer(database);
  const programs = matchVersion(connection.label, facts.version, database.found);
  return { database, facts, programs };
}
