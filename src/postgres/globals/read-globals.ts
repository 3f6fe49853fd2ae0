import { SETTINGS_HEADING } from '../../core/archive-format.ts';
import { Secret } from '../../core/secret.ts';
import { ProgramError } from '../../core/errors.ts';
import { runProgram, type Command } from '../../system/programs.ts';
import type { ClientPrograms } from '../client-programs.ts';
import { keywordValue } from '../connection-string.ts';
import { LIST_SETTINGS } from '../quote.ts';
import { inEnglish } from '../server-words.ts';
import type { Database } from '../database.ts';
import { editCommand } from '../../core/server-hint.ts';

const TIMEOUT_MS = 120_000;

const MAY_NOT = 'Leave them out (--no-include-globals), or connect as a role that may read them.';
const OTHER_ENCODING = `The name of a role is in an encoding that no database here has. Rename the role, make a database that takes any bytes (CREATE DATABASE any_bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'), or leave roles out: ${editCommand('--no-include-globals')}`;

/** In this encoding PostgreSQL passes all bytes on unchanged. */
const ANY_BYTES = 'SQL_ASCII';
const DATABASE_OF_ANY_BYTES = `select datname from pg_catalog.pg_database where datallowconn
  and pg_catalog.pg_encoding_to_char(encoding) = '${ANY_BYTES}' and pg_catalog.has_database_privilege(oid, 'connect')
  order by datistemplate, datname limit 1`;

/**
 * The properties of a database that its dump does not hold (https://www.postgresql.org/docs/current/app-pgdump.html,
 * "Notes"): statements for its owner, comment, privileges, connection limit and settings. They name the database by
 * psql's variable `database`, because a restore may give it another name.
 */
const SETTINGS = String.raw`
  with d as (select * from pg_catalog.pg_database where datname = pg_catalog.current_database()), s(line, nr) as (
    select pg_catalog.format('ALTER DATABASE :"database" OWNER TO %I;', pg_catalog.pg_get_userbyid(datdba)), 1 from d
    union all select pg_catalog.format('COMMENT ON DATABASE :"database" IS %L;', pg_catalog.shobj_description(oid, 'pg_database')), 2 from d
      where pg_catalog.shobj_description(oid, 'pg_database') is not null
    union all select pg_catalog.format('ALTER DATABASE :"database" CONNECTION LIMIT %s;', datconnlimit), 3 from d
      where datconnlimit >= 0
    union all select 'REVOKE ALL ON DATABASE :"database" FROM PUBLIC;', 4 from d where datacl is not null
    union all select pg_catalog.format('GRANT %s ON DATABASE :"database" TO %s%s;', a.privilege_type,
      case a.grantee when 0 then 'PUBLIC' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end,
      case when a.is_grantable then ' WITH GRANT OPTION' else '' end), 5 from d, pg_catalog.aclexplode(d.datacl) a
    union all select pg_catalog.format(case setrole when 0 then 'ALTER DATABASE :"database"' else
        'ALTER ROLE ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(setrole)) || ' IN DATABASE :"database"' end || ' SET %I TO %s;',
      pg_catalog.split_part(c, '=', 1),
      case when pg_catalog.split_part(c, '=', 1) in (${LIST_SETTINGS.map((name) => `'${name}'`).join(', ')})
          and pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) not in ('', '""')
        then pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
        else pg_catalog.quote_literal(case pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) when '""' then '' else pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) end)
      end), 6
      from d, pg_catalog.pg_db_role_setting r, pg_catalog.unnest(r.setconfig) c where r.setdatabase = d.oid)
  select line from s order by nr`;

/** A pg_dumpall that reads the roles and tablespaces of a server, and what it wrote. */
interface ReadRoles {
  command: Command;
  script: string;
  hasPasswords: boolean;
  /** In which our own questions are answered. */
  clientEncoding: string;
}

/**
 * Reads the roles and tablespaces of a server (https://www.postgresql.org/docs/current/app-pg-dumpall.html). The script for psql holds
 * the passwords of roles where the asking role may read them.
 */
export async function readRoles(database: Database, programs: ClientPrograms): Promise<ReadRoles> {
  const { connection, ask, signal } = database;
  const [[mayReadPasswords, encoding = '', clientEncoding = '', current = ''] = []] = await ask(
    `select pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select'), pg_catalog.getdatabaseencoding(),
      pg_catalog.pg_client_encoding(), pg_catalog.current_database()`,
  );
  const commandFrom = (name: string, itsEncoding: string): Command => ({
    name: 'pg_dumpall',
    file: programs.pgDump.replace(/pg_dump$/, 'pg_dumpall'),
    args: [
      '--globals-only',
      '--no-password',
      ...(mayReadPasswords === 't' ? [] : ['--no-role-passwords']),
      // The encoding of that database: it may have no characters for names in another encoding.
      `--encoding=${itsEncoding}`,
      // libpq would take a bare name with "=" or "://" in it for a connection string.
      `--database=${keywordValue('dbname', name)}`,
      `--dbname=${connection.conninfo}`,
    ],
    env: database.connectingEnvironment,
  });
  const run = async (command: Command) => ({
    command,
    ...(await runProgram(command, { signal, timeoutMs: TIMEOUT_MS })),
  });
  const isWhole = ({ exitCode, stdout }: { exitCode: number | undefined; stdout: string }) =>
    exitCode === 0 && stdout.includes('PostgreSQL database cluster dump complete');
  let dumped = await run(commandFrom(connection.database ?? current, encoding));
  if (!isWhole(dumped) && encoding !== ANY_BYTES) {
    // A name in another encoding than this database's can be read only from a database that takes any bytes.
    const [[other] = []] = await ask(DATABASE_OF_ANY_BYTES);
    if (other !== undefined) dumped = await run(commandFrom(other, ANY_BYTES));
  }
  const { command, stdout, stderrTail, rawStderr } = dumped;
  if (isWhole(dumped)) return { command, script: stdout, hasPasswords: mayReadPasswords === 't', clientEncoding };
  throw new ProgramError(
    `cannot read the roles: ${stderrTail.trim() || 'pg_dumpall stopped too early'}`,
    /invalid byte sequence for encoding/.test(inEnglish(rawStderr.reveal())) ? OTHER_ENCODING : MAY_NOT,
  );
}

/** The same, and the settings of the database itself; each part names its encoding first. */
export async function readGlobals(database: Database, programs: ClientPrograms): Promise<Secret> {
  const { script, clientEncoding } = await readRoles(database, programs);
  const settings = (await database.ask(SETTINGS)).map(([line = '']) => line);
  const inEncoding = `SET client_encoding = '${clientEncoding}';`;
  return new Secret(`${script}\n${SETTINGS_HEADING}${[inEncoding, ...settings].join('\n')}\n`);
}
