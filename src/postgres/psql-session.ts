import { randomBytes } from 'node:crypto';

/**
 * How a psql of pgbak's own speaks with a server. Each session begins with one message that empties the search path,
 * before any other name is looked up: a role that may create objects in a schema of the path could otherwise have functions
 * and operators of theirs run by the role that makes backups
 * (https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS). It goes by SQL and not by
 * PGOPTIONS, which poolers refuse, and holds for the transaction alone: a pooler would hand what a session keeps to
 * the application that gets the server's connection next.
 */

const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
/** Of PostgreSQL 17 and 14. */
const LATER_TIMEOUTS = ['transaction_timeout', 'idle_session_timeout'];

type Setting = readonly [name: string, value: string];

/**
 * A table's name is looked up again when its rows are counted, and by then its owner may have put a view in its place,
 * whose functions the role that makes backups would run. Views are refused therefore, as pg_dump does since CVE-2024-7348
 * (https://www.postgresql.org/docs/current/runtime-config-client.html).
 */
const TABLES_ALONE: Setting = ['restrict_nonsystem_relation_kind', 'view, foreign-table'];

/**
 * The settings as one SELECT: path, timeouts of the role switched off, texts in UTF-8 (the raw bytes where the database
 * names no encoding that has a way to UTF-8), literals as the standard has them, and no table of which policies would hide
 * rows without a word.
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

/** The first message of a script whose one transaction is to end with `commit`. What it answers is thrown away. */
export function beginSafely(mode: TransactionMode = ''): string {
  return `begin ${mode} \\; ${settings(true)}`;
}

/** The same for a script of nothing but pgbak's own questions, which read no view that a user made. */
export function beginToAsk(mode: TransactionMode = ''): string {
  return `begin ${mode} \\; ${settings(true, [TABLES_ALONE])}`;
}

/** The same for statements that no transaction can hold, such as CREATE DATABASE. */
export const SET_SAFELY = `set default_transaction_read_only = off \\; ${settings(false)}`;

/** Between fields, whose texts cannot hold it. */
const FIELD_END = '\0';

/** A way to print rows so that they can be told apart with any text in them, and to read what was printed. */
interface RowFormat {
  /** For psql's command line. */
  args: readonly string[];
  /** The rows in what psql printed for one query. */
  parse: (printed: string) => string[][];
}

/** Records end with a random word: NUL, which no text holds either, ends the fields. */
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
