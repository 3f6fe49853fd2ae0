import { resolveReference } from '../config/reference.ts';
import type { ServerFields } from '../config/server.ts';
import { formatBytes } from './format.ts';
import { openPrograms } from './open-programs.ts';
import type { Workplace } from './open-tools.ts';

/**
 * Tries to reach a server as a backup would, and says what it found. Throws what a backup would throw: no connection, or
 * no pg_dump for that version.
 */
export async function connectionCheck(
  server: ServerFields,
  { environment }: Workplace,
  signal: AbortSignal,
): Promise<string> {
  const connectionString = resolveReference(server.connectionString, 'the connection string', environment.variable);
  const { prepareDump } = openPrograms(environment, process.env, signal);
  const { facts, summary } = await prepareDump(server, { connectionString, format: server.format }, signal);
  return `Connected: database ${facts.database}, ${formatBytes(facts.databaseSizeBytes)}, ${summary}`;
}
