import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';
import { quoteIdentifier } from './quote.ts';

/** Those of `roles` that a server does not have. */
export async function missingRoles(
  roles: readonly string[],
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<string[]> {
  if (roles.length === 0) return [];
  const rows = await queryRows(
    'select pg_catalog.to_json(rolname) from pg_catalog.pg_roles',
    connection,
    found,
    environment,
    signal,
  );
  const known = new Set(rows.map(([json = '""']) => String(JSON.parse(json))));
  return roles.filter((role) => !known.has(role));
}

/** Makes those of `roles` that a server does not have, without any right. */
export async function createRoles(
  roles: readonly string[],
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<void> {
  const missing = await missingRoles(roles, connection, found, environment, signal);
  if (missing.length === 0) return;
  const statements = missing.map((role) => `create role ${quoteIdentifier(role)}`);
  await queryRows(statements.join('; '), connection, found, environment, signal);
}
