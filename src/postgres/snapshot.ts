import { createInterface } from 'node:readline';
import type { RowCounts } from '../config/backup-record.ts';
import { ProgramError } from '../errors.ts';
import { startProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { explainConnectionFailure } from './connection-failure.ts';
import { databaseEnvironment } from './database-environment.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { newestPsql } from './query.ts';
import { COUNT_ROWS, parseRowCounts } from './row-counts.ts';

/** A moment of a database that a dump can be taken of, open until it is disposed. */
export interface Snapshot extends AsyncDisposable {
  /** For pg_dump's `--snapshot`. */
  id: string;
  /** How many rows every table that may be read has at that moment. */
  countRows(): Promise<RowCounts>;
}

const END = 'pgbak: that was all';

/**
 * Opens a transaction whose snapshot others can share
 * (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION). A psql keeps it.
 */
export async function openSnapshot(
  connection: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<Snapshot> {
  const args = ['-X', '-A', '-t', '-w', '-q', '-v', 'ON_ERROR_STOP=1', `--dbname=${connection.conninfo}`, '-f', '-'];
  const env = databaseEnvironment(connection, environment);
  const psql = startProgram(
    { name: 'psql', file: newestPsql(found), args, env },
    { stdin: 'pipe', stdout: 'pipe', signal },
  );
  const { stdin, stdout } = psql;
  if (stdin === undefined || stdout === undefined) throw new Error('psql was started without pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const stop = async () => {
    stdin.end();
    await psql.stop();
  };

  const answersTo = async (statements: string): Promise<string[]> => {
    stdin.write(`${statements}\n\\echo ${END}\n`);
    const answers: string[] = [];
    for (;;) {
      const line = await lines.next();
      if (line.done === true) {
        signal.throwIfAborted();
        throw explainConnectionFailure(connection, (await psql.ended).stderrTail);
      }
      if (line.value === END) return answers;
      answers.push(line.value);
    }
  };

  try {
    const [id] = await answersTo(
      `begin isolation level repeatable read read only;
       set local idle_in_transaction_session_timeout = 0;
       set local statement_timeout = 0;
       select pg_catalog.pg_export_snapshot();`,
    );
    if (id === undefined) throw new ProgramError('the server gave no snapshot to dump');
    return {
      id,
      countRows: async () => parseRowCounts((await answersTo(`${COUNT_ROWS};`)).map((line) => [line])),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
