import { ProgramError } from '../errors.ts';
import { runProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { explainConnectionFailure } from './connection-failure.ts';
import { databaseEnvironment } from './database-environment.ts';
import type { ProgramEnvironment } from './program-environment.ts';

const TIMEOUT_MS = 180_000;

/**
 * The rows of a query, as texts, through psql: any version of psql speaks to any server, and it understands exactly the
 * connection strings that pg_dump does. Throws a `ProgramError` that says in a sentence why there is no answer.
 */
export async function queryRows(
  query: string,
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<string[][]> {
  const flags = ['-X', '-A', '-t', '-w', '-q', '-F', '\t', '-v', 'ON_ERROR_STOP=1'];
  const { exitCode, stdout, stderrTail } = await runProgram(
    {
      name: 'psql',
      file: newestPsql(found),
      args: [...flags, `--dbname=${connection.conninfo}`, '-c', query],
      env: databaseEnvironment(connection, environment),
    },
    { signal, timeoutMs: TIMEOUT_MS },
  );
  if (exitCode !== 0) throw explainConnectionFailure(connection, stderrTail);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split('\t'));
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
