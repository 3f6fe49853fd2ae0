import { randomBytes } from 'node:crypto';

/**
 * How pgbak's own psql sessions speak with a server. The first message of each session empties the search path before
 * any other name is looked up. Otherwise a role that may create objects in a schema of the path could have its
 * functions and operators run by the role that makes backups
 * (https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS).
 *
 * The path is set by SQL, because poolers refuse PGOPTIONS. It holds for the transaction alone, because a pooler would
 * hand the settings of a session to the application that next gets the connection.
 */

const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
/** New in PostgreSQL 17 and 14. */
const LATER_TIMEOUTS = ['transaction_timeout', 'idle_session_timeout'];

type Setting = readonly [name: string, value: string];

/**
 * A table's name is looked up again when its rows are counted. By then its owner may have replaced the table by a view,
 * and the role that makes backups would run the view's functions. So views are refused, as pg_dump does since
 * CVE-2024-7348 (https://www.postgresql.org/docs/current/runtime-config-client.html).
 */
const TABLES_ALONE: Setting = ['restrict_nonsystem_relation_kind', 'view, foreign-table'];

/**
 * The settings as one SELECT: an empty search path; no timeouts of the role; texts in UTF-8, or raw bytes where the
 * database's encoding has no conversion to UTF-8; standard string literals; and an error, not fewer rows, for a table
 * with policies.
 */
function settings(isLocal: boolean, further: readonly Setting[] = []): string {
  const set = (name: string, value: string) => `pg_catalog.set_config('${name}', ${value}, ${isLocal})`;
  const ifThere = (name: string, then: string) =>
    `case when pg_catalog.current_setting('${name}', true) is not null then ${then} end`;
  const values = [
    set('search_path', "''"),
    ...TIMEOUTS.map((name) => set(name, "'0'")),
    ...LATER_TIMEOUTS.map((name) => ifThere(name, set(name, "'0'"))),
    set('client_encoding', ENCODING),
    set('standard_conforming_strings', "'on'"),
    set('row_security', "'off'"),
    ...further.map(([name, value]) => ifThere(name, set(name, `'${value}'`))),
  ];
  return `select ${values.join(', ')} \\g /dev/null\n`;
}

const ENCODING = `case when pg_catalog.getdatabaseencoding() operator(pg_catalog.=)
  any (array['SQL_ASCII', 'MULE_INTERNAL']::pg_catalog.name[]) then 'SQL_ASCII' else 'UTF8' end`;

type TransactionMode = '' | 'read write' | 'isolation level repeatable read, read only';

/** The first message of a script that is one transaction and ends with `commit`. Its output is thrown away. */
export function beginSafely(mode: TransactionMode = ''): string {
  return `begin ${mode} \\; ${settings(true)}`;
}

/** The same for a script of pgbak's own questions alone, which read no view that a user made. */
export function beginToAsk(mode: TransactionMode = ''): string {
  return `begin ${mode} \\; ${settings(true, [TABLES_ALONE])}`;
}

/** The same for statements that PostgreSQL refuses in a transaction, such as CREATE DATABASE. */
export const SET_SAFELY = `set default_transaction_read_only = off \\; ${settings(false)}`;

/** Ends a field. No text can hold it. */
const FIELD_END = '\0';

/** Prints rows so that any text in them stays distinct, and reads them back. */
interface RowFormat {
  /** For psql's command line. */
  args: readonly string[];
  /** The rows that psql printed for one query. */
  parse: (printed: string) => string[][];
}

/** A random word ends a record. NUL, which no text can hold, ends a field. */
export function rowFormat(): RowFormat {
  const recordEnd = `\u001e${randomBytes(12).toString('hex')}\u001e`;
  return {
    args: ['-A', '-t', '-z', '-R', recordEnd],
    parse: (printed) =>
      printed === ''
        ? []
        : printed
            .replace(/\n$/, '')
            .split(recordEnd)
            .map((record) => record.split(FIELD_END)),
  };
}
