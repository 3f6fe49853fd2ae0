import { randomBytes } from 'node:crypto';
import { ProgramError } from '../errors.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';

/** A database of a throwaway name; disposing drops it. */
export interface ScratchDatabase extends AsyncDisposable {
  connection: Connection;
  /** Reads every table once. */
  countRows(): Promise<{ tables: number; rows: number }>;
}

const DROP_WITHIN_MS = 60_000;

/** One statement that counts the rows of every table, by way of query_to_xml (the manual, "Mapping Tables to XML"). */
const COUNT = `
  select count(*), coalesce(sum((pg_catalog.xpath('/row/n/text()', pg_catalog.query_to_xml(
    pg_catalog.format('select count(*) as n from only %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::bigint), 0)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`;

/** Creates it on the server that `server` leads to, whose role must be allowed to. */
export async function createScratchDatabase(
  server: Connection,
  found: readonly ClientPrograms[],
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Promise<ScratchDatabase> {
  const name = `pgbak_verify_${randomBytes(6).toString('hex')}`;
  const run = (query: string, connection: Connection, until: AbortSignal) =>
    queryRows(query, connection, found, environment, until);
  // From template0, so that what somebody put into template1 does not stand in the way.
  await run(`create database ${name} template template0`, server, signal);
  const connection = { ...server, database: name, label: name, conninfo: withDatabase(server.conninfo, name) };
  return {
    connection,
    countRows: async () => {
      const [[tables, rows] = []] = await run(COUNT, connection, signal);
      if (tables === undefined || rows === undefined) throw new ProgramError('psql counted nothing');
      return { tables: Number(tables), rows: Number(rows) };
    },
    // The signal may be why it is dropped.
    [Symbol.asyncDispose]: async () =>
      void (await run(`drop database if exists ${name}`, server, AbortSignal.timeout(DROP_WITHIN_MS))),
  };
}

/** libpq lets the last of several values win, in both of its forms. `name` needs no quotes. */
function withDatabase(conninfo: string, name: string): string {
  if (!/^postgres(?:ql)?:\/\//.test(conninfo)) return `${conninfo} dbname='${name}'`;
  return `${conninfo}${conninfo.includes('?') ? '&' : '?'}dbname=${name}`;
}
