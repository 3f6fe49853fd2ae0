import { SETTINGS_HEADING } from '../config/dump-marks.ts';
import { Secret } from '../config/secret.ts';
import { ProgramError } from '../errors.ts';
import { runProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { databaseEnvironment } from './database-environment.ts';
import { LIST_SETTINGS } from './list-settings.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';

/** Where roles and settings are read from or written to. */
export interface GlobalsRequest {
  connection: Connection;
  programs: ClientPrograms;
  found: readonly ClientPrograms[];
  environment: ProgramEnvironment;
  signal: AbortSignal;
}

const TIMEOUT_MS = 120_000;

/**
 * What a dump of one database leaves out (https://www.postgresql.org/docs/current/app-pgdump.html, "Notes"): the
 * statements for owner, comment, privileges, connection limit and settings of the database, whose name is psql's
 * variable `database`, since it may come to be another.
 */
const SETTINGS = String.raw`
  with d as (select * from pg_catalog.pg_database where datname = current_database()), s(line, nr) as (
    select format('ALTER DATABASE :"database" OWNER TO %I;', pg_get_userbyid(datdba)), 1 from d
    union all select format('COMMENT ON DATABASE :"database" IS %L;', shobj_description(oid, 'pg_database')), 2 from d
      where shobj_description(oid, 'pg_database') is not null
    union all select format('ALTER DATABASE :"database" CONNECTION LIMIT %s;', datconnlimit), 3 from d
      where datconnlimit >= 0
    union all select 'REVOKE ALL ON DATABASE :"database" FROM PUBLIC;', 4 from d where datacl is not null
    union all select format('GRANT %s ON DATABASE :"database" TO %s%s;', a.privilege_type,
      case a.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(a.grantee)) end,
      case when a.is_grantable then ' WITH GRANT OPTION' else '' end), 5 from d, aclexplode(d.datacl) a
    union all select format(case setrole when 0 then 'ALTER DATABASE :"database"' else
        'ALTER ROLE ' || quote_ident(pg_get_userbyid(setrole)) || ' IN DATABASE :"database"' end || ' SET %I TO %s;',
      split_part(c, '=', 1),
      case when split_part(c, '=', 1) in (${LIST_SETTINGS.map((name) => `'${name}'`).join(', ')})
          and substr(c, strpos(c, '=') + 1) not in ('', '""')
        then substr(c, strpos(c, '=') + 1)
        else quote_literal(case substr(c, strpos(c, '=') + 1) when '""' then '' else substr(c, strpos(c, '=') + 1) end)
      end), 6
      from d, pg_catalog.pg_db_role_setting r, unnest(r.setconfig) c where r.setdatabase = d.oid)
  select pg_catalog.to_json(line) from s order by nr`;

/**
 * The roles and tablespaces of a server (https://www.postgresql.org/docs/current/app-pg-dumpall.html), and the settings
 * of the database itself, as a script for psql. Passwords of roles are in it where the role that asks may read them.
 */
export async function readGlobals(request: GlobalsRequest): Promise<Secret> {
  const { connection, programs, found, environment, signal } = request;
  const ask = (query: string) => queryRows(query, connection, found, environment, signal);
  const [[mayReadPasswords] = []] = await ask(
    "select pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select')",
  );
  const { exitCode, stdout, stderrTail } = await runProgram(
    {
      name: 'pg_dumpall',
      file: programs.pgDump.replace(/pg_dump$/, 'pg_dumpall'),
      args: [
        '--globals-only',
        '--no-password',
        ...(mayReadPasswords === 't' ? [] : ['--no-role-passwords']),
        ...(connection.database === undefined ? [] : [`--database=${connection.database}`]),
        `--dbname=${connection.conninfo}`,
      ],
      env: databaseEnvironment(connection, environment),
    },
    { signal, timeoutMs: TIMEOUT_MS },
  );
  if (exitCode !== 0 || !stdout.includes('PostgreSQL database cluster dump complete')) {
    throw new ProgramError(
      `the roles could not be read: ${stderrTail.trim() || 'pg_dumpall ended too early'}`,
      'Leave them out with --no-include-globals, or connect as a role that may read them.',
    );
  }
  const settings = (await ask(SETTINGS)).map(([json = '""']) => String(JSON.parse(json)));
  return new Secret(`${stdout}\n${SETTINGS_HEADING}${settings.join('\n')}\n`);
}
