import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';
import { parseServerVersion, type Version } from './version.ts';

export interface ServerFacts {
  version: Version;
  database: string;
  databaseSizeBytes: number;
  /** Tables with rows of their own, partitions among them; whatever a dump may leave out. */
  tableCount: number;
}

const QUERY = `select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  pg_catalog.pg_database_size(current_database()),
  (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_')`;

/** Asks a server what it is. Throws a `ProgramError` that says in a sentence why there is no connection. */
export async function inspectServer(
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const [row = []] = await queryRows(QUERY, connection, found, environment, signal);
  const [number = '', text = '', database = '', size = '', tables = ''] = row;
  return {
    version: parseServerVersion(number, text),
    database,
    databaseSizeBytes: Number(size),
    tableCount: Number(tables),
  };
}
