import { randomBytes } from 'node:crypto';
import { Secret } from '../core/secret.ts';
import { ProgramError } from '../core/errors.ts';
import { runProgram, type Command } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { beginToAsk, rowFormat, SET_SAFELY } from './psql-session.ts';
import { explainSessionFailure } from './session-failure.ts';

/** What pgbak needs to start a program that connects to a database. */
export interface DatabaseAccess {
  /** The installations of PostgreSQL's client programs. */
  found: readonly ClientPrograms[];
  /** Without the password of the connection. */
  environment: ProgramEnvironment;
  /** Ends the programs. */
  signal: AbortSignal;
}

/** A database to ask. No connection stays open between two questions. */
export interface Database extends Readonly<DatabaseAccess> {
  connection: Connection;
  /** The environment of a program that connects. It holds the password, because every user can read a command line. */
  connectingEnvironment: Readonly<Record<string, string | Secret>>;
  /**
   * Runs a query and returns its rows as texts, NULL as an empty one. The search path is empty: names, functions and
   * operators without a schema are those of pg_catalog. Texts are UTF-8 in every database; other bytes survive in the
   * form of `textOf`. Several statements are one transaction, except statements that PostgreSQL refuses in one.
   *
   * @throws ProgramError where there is no answer; a `RefusedStatementError` where the server refused
   */
  ask: (query: string) => Promise<string[][]>;
  /** A psql that reads a script from its standard input, reports SQLSTATEs, and ends at the first error. */
  psql: (args?: readonly string[], file?: string) => Command;
  /** The same with another connection, signal or choice of programs. */
  with: (changes: Partial<DatabaseAccess & { connection: Connection }>) => Database;
}

const TIMEOUT_MS = 180_000;

/** Statements that PostgreSQL refuses inside a transaction. */
const NEEDS_NO_TRANSACTION = /^\s*(?:(?:create|drop)\s+(?:database|tablespace)|alter\s+(?:database|system)|vacuum)\b/i;

/** These fail where the role or the database has default_transaction_read_only on. A standby refuses them anyway. */
const WRITES = /^\s*(?:create|alter|drop|grant|revoke|comment|insert|update|delete|do)\b/i;

/** Options of every psql: no startup file, no password prompt, end at the first error. */
const PSQL_OPTIONS = ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose'];

/**
 * Prepares questions to a database, and programs that connect to it. Nothing connects yet. Questions go through psql:
 * any version of it speaks to any server, and it reads connection strings exactly as pg_dump does.
 */
export function openDatabase(connection: Connection, access: DatabaseAccess): Database {
  const { found, environment, signal } = access;
  const { password } = connection;
  const database: Database = {
    connection,
    found,
    environment,
    signal,
    connectingEnvironment: { ...environment, ...(password === undefined ? {} : { PGPASSWORD: password }) },
    ask: (query) => ask(database, query),
    psql: (args = [], file = newestPsql(found)) => ({
      name: 'psql',
      file,
      args: [...PSQL_OPTIONS, ...args, `--dbname=${connection.conninfo}`, '-f', '-'],
      env: database.connectingEnvironment,
    }),
    with: ({ connection: other = connection, ...changes }) => openDatabase(other, { ...access, ...changes }),
  };
  return database;
}

async function ask({ connection, psql, signal }: Database, query: string): Promise<string[][]> {
  const { args, parse } = rowFormat();
  const answered = randomBytes(12).toString('hex');
  const isAlone = NEEDS_NO_TRANSACTION.test(query);
  const script = [
    isAlone ? SET_SAFELY : beginToAsk(WRITES.test(query) ? 'read write' : ''),
    `\\echo ${answered}\n`,
    `${query}\n;\n`,
    isAlone ? '' : 'commit;\n',
  ].join('');
  const ending = await runProgram(psql(args), {
    signal,
    timeoutMs: TIMEOUT_MS,
    input: new Secret(script),
  });
  const [, printed] = ending.stdout.split(`${answered}\n`, 2);
  if (ending.exitCode !== 0) {
    throw explainSessionFailure({ connection, ending, hadAnswer: printed !== undefined });
  }
  return parse(printed ?? '');
}

/**
 * The newest psql, as any version speaks to any server.
 *
 * @throws ProgramError that says what to install, where there is none
 */
function newestPsql(found: readonly ClientPrograms[]): string {
  const newestFirst = found.toSorted((a, b) => b.version.major - a.version.major);
  const psql = newestFirst.find((programs) => programs.psql !== undefined)?.psql;
  if (psql !== undefined) return psql;
  throw new ProgramError(
    found.length === 0 ? 'pg_dump and psql were not found' : 'psql was not found beside pg_dump',
    'Install the PostgreSQL client programs (Debian/Ubuntu: apt install postgresql-client; macOS: brew install libpq), or set PGBAK_PG_BIN.',
  );
}
