import type { Secret } from '../core/secret.ts';
import { namesDatabase, parseConnection, withDatabase } from '../postgres/connection.ts';
import { resolveReference } from './reference.ts';
import type { ServerRecord } from './server.ts';

/** Every cluster has it, and almost every role may connect to it. */
const USUAL = 'postgres';

/**
 * The connection string of a server, its reference resolved; of a part of a cluster, that of its database. A cluster is asked in the
 * database that its connection string names.
 */
export function connectionStringOf(
  { connectionString, partOf, allDatabases }: Pick<ServerRecord, 'connectionString' | 'partOf' | 'allDatabases'>,
  variable: (name: string) => string | undefined,
): Secret {
  const resolved = resolveReference(connectionString, 'the connection string', variable);
  if (partOf?.database !== undefined) return withDatabase(resolved, partOf.database);
  const isCluster = allDatabases || partOf !== undefined;
  const isBlank = resolved.reveal().trim() === '';
  return isCluster && !isBlank && !namesDatabase(parseConnection(resolved)) ? withDatabase(resolved, USUAL) : resolved;
}
