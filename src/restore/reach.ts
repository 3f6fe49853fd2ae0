import type { Context } from '../core/context.ts';
import type { Connection } from '../postgres/connection.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { programEnvironment } from '../postgres/program-environment.ts';
import { clientProgramsOf } from '../server/programs.ts';

/** A server that something is to be loaded into, and the client programs that fit it. */
export async function reach(connection: Connection, context: Pick<Context, 'environment' | 'signal'>) {
  const forPrograms = programEnvironment(context.environment.variables);
  const found = await clientProgramsOf(context);
  const facts = await inspectServer(connection, found, forPrograms, context.signal);
  const programs = matchVersion(connection.label, facts.version, found);
  return { connection, facts, found, programs, forPrograms };
}
