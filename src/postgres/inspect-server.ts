import { ProgramError } from '../errors.ts';
import { runProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { explainConnectionFailure } from './connection-failure.ts';
import { databaseEnvironment } from './database-environment.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { parseServerVersion, type Version } from './version.ts';

export interface ServerFacts {
  version: Version;
  database: string;
  databaseSizeBytes: number;
}

const QUERY = `select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  pg_catalog.pg_database_size(current_database())`;

/**
 * Asks a server what it is, through psql: any version of psql speaks to any server, and it understands exactly the
 * connection strings that pg_dump does. Throws a `ProgramError` that says in a sentence why there is no connection.
 */
export async function inspectServer(
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const psql = newestPsql(found);
  const flags = ['-X', '-A', '-t', '-w', '-q', '-F', '\t', '-v', 'ON_ERROR_STOP=1'];
  const { exitCode, stdout, stderrTail } = await runProgram(
    {
      name: 'psql',
      file: psql,
      args: [...flags, `--dbname=${connection.conninfo}`, '-c', QUERY],
      env: databaseEnvironment(connection, environment),
    },
    { signal, timeoutMs: 180_000 },
  );
  if (exitCode !== 0) throw explainConnectionFailure(connection, stderrTail);
  const [number = '', text = '', database = '', size = ''] = stdout.trim().split('\t');
  return { version: parseServerVersion(number, text), database, databaseSizeBytes: Number(size) };
}

function newestPsql(found: readonly ClientPrograms[]): string {
  const newestFirst = found.toSorted((a, b) => b.version.major - a.version.major);
  const psql = newestFirst.find((programs) => programs.psql !== undefined)?.psql;
  if (psql !== undefined) return psql;
  throw new ProgramError(
    found.length === 0 ? 'pg_dump and psql were not found' : 'psql was not found beside pg_dump',
    'Install the PostgreSQL client programs (Debian/Ubuntu: apt install postgresql-client; macOS: brew install libpq), or set PGBAK_PG_BIN.',
  );
}
