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
const PREFIX = 'pgbak_verify_';
/** A day: no verification takes that long. */
const ABANDONED_AFTER_SECONDS = 86_400;

/** Creates it on the server that `server` leads to, whose role must be allowed to, in the encoding of the dump. */
export async function createScratchDatabase(
  server: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  encoding: string | undefined,
  signal: AbortSignal,
): Promise<ScratchDatabase> {
  const name = `${PREFIX}${Math.floor(Date.now() / 1000)}_${randomBytes(4).toString('hex')}`;
  const run = (query: string, connection: Connection, until: AbortSignal) =>
    queryRows(query, connection, found, environment, until);
  await dropAbandoned((query) => run(query, server, signal));
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

/** Drops what a verification left there that was killed; its name tells when it began. */
async function dropAbandoned(run: (query: string) => Promise<string[][]>): Promise<void> {
  const rows = await run(
    `select datname from pg_catalog.pg_database where datname ~ '^${PREFIX}[0-9]+_[0-9a-f]+$'
      and split_part(datname, '_', 3)::bigint < extract(epoch from now()) - ${ABANDONED_AFTER_SECONDS}
      and pg_catalog.pg_get_userbyid(datdba) = current_user`,
  );
  for (const [name] of rows) if (name !== undefined) await run(`drop database if exists ${name}`);
}
