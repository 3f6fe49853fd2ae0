import { parseDatabaseFacts, type DatabaseFacts } from '../core/database-facts.ts';
import { ProgramError } from '../core/errors.ts';
import { DATABASE_FACTS, FACTS_TABLES, NAMED_ROLES } from './database-facts.ts';
import { parseServerVersion, type Version } from './version.ts';
import type { Database } from './database.ts';

export interface ServerFacts {
  version: Version;
  database: string;
  databaseSizeBytes: number;
  /** Tables with rows of their own, partitions among them, also those that a dump leaves out. */
  tableCount: number;
  /** Whether it follows another server, and so takes no changes. */
  isStandby: boolean;
  /** How its database was made, what it is set to, and what a dump of it needs. */
  databaseFacts: DatabaseFacts;
  /** The roles that its objects belong to or are granted to, which a dump therefore names. */
  roles: string[];
}

const QUERY = `with ${FACTS_TABLES}
  select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  pg_catalog.pg_database_size(current_database()), pg_catalog.pg_is_in_recovery(),
  (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'),
  ${NAMED_ROLES}, ${DATABASE_FACTS}`;

/** Asks a server what it is. Throws a `ProgramError` that says in a sentence why there is no connection. */
export async function inspectServer(database: Database): Promise<ServerFacts> {
  const [row = []] = await database.ask(QUERY);
  const [number = '', text = '', name = '', size = '', standby = '', tables = '', roles = '[]', json = ''] = row;
  const databaseFacts = parseDatabaseFacts(json);
  if (databaseFacts === undefined)
    throw new ProgramError(`${database.connection.label} did not tell how its database was made`);
  return {
    version: parseServerVersion(number, text),
    database: name,
    databaseSizeBytes: Number(size),
    tableCount: Number(tables),
    isStandby: standby === 't',
    databaseFacts,
    roles: textsIn(roles),
  };
}

function textsIn(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}
