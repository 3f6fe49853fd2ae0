import { ProgramError, type PgbakError } from '../core/errors.ts';
import type { Ending } from '../system/programs.ts';
import { inEnglish } from './server-words.ts';
import { editCommand } from '../core/server-hint.ts';

const LONGEST_WORDS = 1500;

/** Explains why pg_dump failed: its own error lines, and a remedy for the common causes. */
export function explainDumpFailure(ending: Ending, lockWaitSeconds: number): PgbakError {
  const words = errorLines(ending.stderrTail);
  // A password may be one of the words that tell the cause.
  const raw = errorLines(ending.rawStderr.reveal());
  const english = inEnglish(raw);
  const table = tableIn(raw);
  const rowSecurity = /row-level security policy for table "([^"]+)"/.exec(english);
  if (rowSecurity !== null) {
    return new ProgramError(
      `row-level security hides rows of table ${table ?? rowSecurity[1]} from this role, so the dump would be incomplete`,
      'Dump as the owner of the tables or a superuser, or let the role see everything: ALTER ROLE ... BYPASSRLS.',
    );
  }
  // pg_dump sets its lock timeout as a statement_timeout.
  if (/lock timeout|statement timeout.*LOCK TABLE/is.test(english)) {
    return new ProgramError(
      `another session kept ${table === undefined ? 'a table' : `table ${table}`} locked for more than ${lockWaitSeconds} seconds`,
      `Find that session in pg_stat_activity and pg_locks, or back up at another hour. To wait longer: ${editCommand(`--lock-wait-sec ${2 * lockWaitSeconds}`)}`,
    );
  }
  if (/permission denied for large object/.test(english)) {
    return new ProgramError(
      `the role cannot read every large object: ${words}`,
      `pg_read_all_data does not cover large objects. Dump as their owner or as a superuser, set lo_compat_privileges for the role, or leave them out: ${editCommand('--no-large-objects')}`,
    );
  }
  if (
    /invalid memory alloc request size|out of memory.*(?:Cannot enlarge|string buffer)|cannot enlarge string buffer/is.test(
      english,
    )
  ) {
    return new ProgramError(
      `a value is too large for pg_dump: ${words}`,
      'Values of bytea above about 500 MB cannot be dumped, nor texts above 1 GB. Keep them as large objects, or leave out the rows of the table: --exclude-table-data TABLE',
    );
  }
  const denied = /permission denied for (?:\w+ )+?"?([^\s"]+)"?/.exec(english);
  if (denied !== null) {
    return new ProgramError(
      `the role cannot read everything: ${words}`,
      'Connect as the owner or as a superuser. Or, from PostgreSQL 14 on: GRANT pg_read_all_data TO ROLE',
    );
  }
  if (
    /server closed the connection|terminating connection|connection to server was lost|server process/i.test(english)
  ) {
    return new ProgramError(
      `the connection to the database was lost during the dump: ${words}`,
      'The database server was restarted, stopped, or short of memory: see its log. Nothing was stored.',
    );
  }
  // Several processes write at once, and mix their words.
  const full = /too many connections for (role|database)|too many clients|remaining connection slots/i.exec(english);
  if (full !== null) {
    return new ProgramError(
      `pg_dump got no further connection: ${full[1] === undefined ? 'max_connections' : `the CONNECTION LIMIT of the ${full[1]}`} is reached`,
      `Raise it, or end sessions that are idle. With --format directory, fewer connections dump with ${editCommand('--dump-jobs 1')}`,
    );
  }
  if (ending.signal !== undefined) return new ProgramError(`pg_dump was killed by ${ending.signal}: ${words}`);
  return new ProgramError(`pg_dump failed with exit code ${ending.exitCode}: ${words}`);
}

/** The lines from the first error on, without those in which `--verbose` reports the work itself. */
function errorLines(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const first = lines.findIndex((line) => /\b(?:error|fatal|panic):|\[archiver/i.test(line));
  const words = lines
    .slice(Math.max(first, 0))
    .filter((line) => line !== '' && !/^pg_dump: (?:reading|dumping|saving|identifying|finding|flagging)\b/.test(line))
    .map((line) => line.replace(/^pg_dump: (?:error: )?/, ''))
    .join(' ');
  return first === -1 ? words.slice(-LONGEST_WORDS) || 'it gave no reason' : words.slice(0, LONGEST_WORDS);
}

/** The table of the failing statement, with its schema. */
function tableIn(words: string): string | undefined {
  const statement = /(?:LOCK TABLE|COPY) ([^;]+)/.exec(words)?.[1];
  const name =
    statement === undefined
      ? undefined
      : /^((?:"(?:[^"]|"")*"|[^\s"(,.])+(?:\.(?:"(?:[^"]|"")*"|[^\s"(,.])+)?)/.exec(statement)?.[1];
  return name;
}
