import type { Database } from './database.ts';

/** Those of `roles` that a server does not have. */
export async function missingRoles(roles: readonly string[], server: Database): Promise<string[]> {
  return await without(roles, server, 'select pg_catalog.to_json(rolname) from pg_catalog.pg_roles');
}

/** Those of `tablespaces` that a server does not have, or that the role there may not use. */
export async function missingTablespaces(tablespaces: readonly string[], server: Database): Promise<string[]> {
  return await without(
    tablespaces,
    server,
    `select pg_catalog.to_json(spcname) from pg_catalog.pg_tablespace
      where pg_catalog.has_tablespace_privilege(oid, 'CREATE')`,
  );
}

/** Names are compared here and as JSON, since the dump may be in another encoding than the database that is asked. */
async function without(names: readonly string[], server: Database, query: string): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await server.ask(query);
  const known = new Set(rows.map(([json = '""']) => String(JSON.parse(json))));
  return names.filter((name) => !known.has(name));
}
