import { randomBytes } from 'node:crypto';
import type { RowCounts } from '../config/backup-record.ts';
import type { ClientPrograms } from './client-programs.ts';
import { connectionTo, type Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';
import { quoteLiteral } from './quote.ts';
import { COUNT_ROWS, parseRowCounts } from './row-counts.ts';

/** A database of a throwaway name; disposing drops it. */
export interface ScratchDatabase extends AsyncDisposable {
  connection: Connection;
  /** Reads every table once. */
  countRows(): Promise<RowCounts>;
}

const DROP_WITHIN_MS = 60_000;

/** Creates it on the server that `server` leads to, whose role must be allowed to, in the encoding of the dump. */
export async function createScratchDatabase(
  server: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  encoding: string | undefined,
  signal: AbortSignal,
): Promise<ScratchDatabase> {
  const name = `pgbak_verify_${randomBytes(6).toString('hex')}`;
  const run = (query: string, connection: Connection, until: AbortSignal) =>
    queryRows(query, connection, found, environment, until);
  // From template0, so that what somebody put into template1 does not stand in the way.
  // In the C locale, the one that goes with every encoding.
  const options = encoding === undefined ? '' : ` encoding ${quoteLiteral(encoding)} locale 'C'`;
  await run(`create database ${name} template template0${options}`, server, signal);
  const connection = connectionTo(server, name);
  return {
    connection,
    countRows: async () => parseRowCounts(await run(COUNT_ROWS, connection, signal)),
    // The signal may be why it is dropped.
    [Symbol.asyncDispose]: async () =>
      void (await run(`drop database if exists ${name}`, server, AbortSignal.timeout(DROP_WITHIN_MS))),
  };
}
