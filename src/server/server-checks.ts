import { objectNameOf } from './archive-name.ts';
import { resolveReference } from './reference.ts';
import type { ServerFields } from './server.ts';
import { resolveDestination, type Destination } from './settings.ts';
import { ConfigError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { openPrograms } from '../backup/open-programs.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { sharedName } from './shared-name.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor } from './storage-at.ts';

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
  const { facts, summary, concerns } = await prepareDump(server, { connectionString, format: server.format }, signal);
  return [
    `Connected: database ${facts.database}, ${formatBytes(facts.databaseSizeBytes)}, ${summary}`,
    ...concerns.map(({ message, hint }) => `Mind: ${message}. ${hint}`),
  ].join('\n');
}

/**
 * Asks storage whether it would take the server's archives, as a backup does before it dumps anything. B2 settings that
 * are missing here are no failure: cron may have them in an environment of its own.
 */
export async function storageCheck(
  server: ServerFields,
  { catalog, environment }: Workplace,
  signal: AbortSignal,
): Promise<string> {
  let destination: Destination;
  try {
    destination = resolveDestination(server, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `Storage was not tried: ${error.message}`;
  }
  const storage = await storageFor(destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
  const objectName = objectNameOf(server.archiveName, server.format);
  await storage.prepare(objectName, signal);
  const limits = (await storage.limits?.(signal)) ?? [];
  const shared = await sharedName(server, storage, catalog, signal);
  return [
    `Storage: ${storage.place} would take ${objectName}`,
    ...limits.map((one) => `With this key, ${one}`),
    ...(shared === undefined ? [] : [shared]),
  ].join('\n');
}
