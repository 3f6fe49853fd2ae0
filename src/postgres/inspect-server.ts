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
  /** As PostgreSQL calls it: `UTF8`. */
  encoding: string;
  /** The roles that its objects belong to or are granted to, which a dump therefore names. */
  roles: string[];
}

/** PostgreSQL notes no dependence on the role that initdb made (src/include/catalog/pg_authid.dat). */
const BOOTSTRAP_ROLE = 10;
/** What users made has an id from here up (src/include/access/transam.h, FirstNormalObjectId). */
const FIRST_OWN = 16_384;

const QUERY = `select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  pg_catalog.pg_database_size(current_database()),
  (select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'),
  (select pg_catalog.pg_encoding_to_char(encoding) from pg_catalog.pg_database where datname = current_database()),
  (select coalesce(pg_catalog.json_agg(rolname order by rolname), '[]') from pg_catalog.pg_roles r
    where r.oid in (select d.refobjid from pg_catalog.pg_shdepend d
      where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
        and d.dbid = (select oid from pg_catalog.pg_database where datname = current_database()))
    or r.oid = ${BOOTSTRAP_ROLE} and exists (select from pg_catalog.pg_class where relowner = ${BOOTSTRAP_ROLE} and oid >= ${FIRST_OWN})
    or r.oid = ${BOOTSTRAP_ROLE} and exists (select from pg_catalog.pg_proc where proowner = ${BOOTSTRAP_ROLE} and oid >= ${FIRST_OWN})
    or r.oid = ${BOOTSTRAP_ROLE} and exists (select from pg_catalog.pg_namespace where nspowner = ${BOOTSTRAP_ROLE} and oid >= ${FIRST_OWN}))`;

/** Asks a server what it is. Throws a `ProgramError` that says in a sentence why there is no connection. */
export async function inspectServer(
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const [row = []] = await queryRows(QUERY, connection, found, environment, signal);
  const [number = '', text = '', database = '', size = '', tables = '', encoding = '', roles = '[]'] = row;
  return {
    version: parseServerVersion(number, text),
    database,
    databaseSizeBytes: Number(size),
    tableCount: Number(tables),
    encoding,
    roles: textsIn(roles),
  };
}

function textsIn(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}
