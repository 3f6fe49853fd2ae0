import type { Context } from '../core/context.ts';
import { ProgramError } from '../core/errors.ts';
import { connectionTo, parseConnection } from '../postgres/connection.ts';
import { databaseOf } from '../server/programs.ts';
import { resolveReference } from '../server/reference.ts';
import type { ServerFields } from '../server/server.ts';

interface FoundDatabase {
  name: string;
  /** Undefined where the role may not know. */
  sizeBytes: number | undefined;
}

/** With pg_database_size a role must be allowed to connect. */
const QUERY = `select datname, case when pg_catalog.has_database_privilege(oid, 'CONNECT')
    then pg_catalog.pg_database_size(oid) end
  from pg_catalog.pg_database where datallowconn and not datistemplate order by datname`;

/** Every server has it, and almost every role may connect to it. */
const USUAL = 'postgres';

/** The databases beside the one that a connection leads to. */
export async function listDatabases(
  server: Pick<ServerFields, 'connectionString'>,
  context: Context,
): Promise<FoundDatabase[]> {
  const { variable } = context.environment;
  const connection = parseConnection(resolveReference(server.connectionString, 'the connection string', variable));
  const database = await databaseOf(connection, { ...context, environment: { ...context.environment } });
  let rows: string[][];
  try {
    rows = await database.ask(QUERY);
  } catch (error) {
    // Without a database in the connection string, libpq takes one that is named as the role, which may not be there.
    if (!(error instanceof ProgramError)) throw error;
    rows = await database.with({ connection: connectionTo(connection, USUAL) }).ask(QUERY);
  }
  return rows.map(([name = '', size = '']) => ({ name, sizeBytes: size === '' ? undefined : Number(size) }));
}
