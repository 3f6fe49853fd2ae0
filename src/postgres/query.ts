import { randomBytes } from 'node:crypto';
import { Secret } from '../core/secret.ts';
import { ProgramError } from '../core/errors.ts';
import { runProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { beginToAsk, psqlCommand, rowFormat, SET_SAFELY } from './psql-session.ts';
import { explainSessionFailure } from './query-failure.ts';

const TIMEOUT_MS = 180_000;

/** Statements that PostgreSQL refuses inside a transaction. */
const NEEDS_NO_TRANSACTION = /^\s*(?:(?:create|drop)\s+(?:database|tablespace)|alter\s+(?:database|system)|vacuum)\b/i;

/** What would fail where the role or the database has default_transaction_read_only on. A standby refuses it anyway. */
const WRITES = /^\s*(?:create|alter|drop|grant|revoke|comment|insert|update|delete|do)\b/i;

/**
 * The rows of a query, as texts, NULL as an empty one, through psql: any version of psql speaks to any server, and it
 * understands exactly the connection strings that pg_dump does. The search path is empty, so that names, functions and
 * operators are those of pg_catalog unless a schema is named; texts are UTF-8 in every database, and
 * bytes that are none survive as `textOf` has them. Statements in `query` are one transaction, but for those that cannot be.
 * Throws a `ProgramError` where there is no answer; it is a `RefusedStatementError` where the server refused.
 */
export async function queryRows(
  query: string,
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<string[][]> {
  const { args, parse } = rowFormat();
  const answered = randomBytes(12).toString('hex');
  const isAlone = NEEDS_NO_TRANSACTION.test(query);
  const script = [
    isAlone ? SET_SAFELY : beginToAsk(WRITES.test(query) ? 'read write' : ''),
    `\\echo ${answered}\n`,
    `${query}\n;\n`,
    isAlone ? '' : 'commit;\n',
  ].join('');
  const { exitCode, stdout, stderrTail } = await runProgram(
    psqlCommand(newestPsql(found), connection, environment, args),
    { signal, timeoutMs: TIMEOUT_MS, input: new Secret(script) },
  );
  const [, printed] = stdout.split(`${answered}\n`, 2);
  if (exitCode !== 0) {
    throw explainSessionFailure({ connection, stderr: stderrTail, hadAnswer: printed !== undefined });
  }
  return parse(printed ?? '');
}

/** Any version of psql speaks to any server. Throws a `ProgramError` that says what to install where there is none. */
export function newestPsql(found: readonly ClientPrograms[]): string {
  const newestFirst = found.toSorted((a, b) => b.version.major - a.version.major);
  const psql = newestFirst.find((programs) => programs.psql !== undefined)?.psql;
  if (psql !== undefined) return psql;
  throw new ProgramError(
    found.length === 0 ? 'pg_dump and psql were not found' : 'psql was not found beside pg_dump',
    'Install the PostgreSQL client programs (Debian/Ubuntu: apt install postgresql-client; macOS: brew install libpq), or set PGBAK_PG_BIN.',
  );
}
