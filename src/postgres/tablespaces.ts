import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';

/** Those of `names` that a server does not have, or that the role there may not use. */
export async function missingTablespaces(
  names: readonly string[],
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await queryRows(
    `select pg_catalog.to_json(spcname) from pg_catalog.pg_tablespace
      where pg_catalog.has_tablespace_privilege(oid, 'CREATE')`,
    connection,
    found,
    environment,
    signal,
  );
  const usable = new Set(rows.map(([json = '""']) => String(JSON.parse(json))));
  return names.filter((name) => !usable.has(name));
}
