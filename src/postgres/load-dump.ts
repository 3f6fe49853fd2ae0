import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSelection, type DumpParts } from '../config/dump-parts.ts';
import type { Format } from '../config/server.ts';
import { ProgramError } from '../errors.ts';
import { startProgram, type Command, type RunningProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { databaseEnvironment } from './database-environment.ts';
import { EMPTY_DATABASE } from './empty-database.ts';
import { explainLoadFailure } from './load-failure.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { beginSafely } from './psql-session.ts';

/** A psql or pg_restore that waits for a dump, in one transaction. */
export interface Loader {
  input: Writable;
  /** Tells it that the dump is whole, and resolves when all of it is committed. */
  commit(): Promise<void>;
  /** Ends it so that nothing is committed; resolves with its own reason where it had given up by itself. */
  abandon(): Promise<ProgramError | undefined>;
}

export interface LoadRequest {
  format: Format;
  connection: Connection;
  programs: ClientPrograms;
  environment: ProgramEnvironment;
  signal: AbortSignal;
  /** For a binary dump only. */
  parts?: DumpParts;
  /** Of a binary dump only what this file lists, for pg_restore's `--use-list`. */
  listPath?: string;
  /** Take everything out of the database first, in the same transaction. */
  emptyFirst?: boolean;
}

/**
 * Starts the program that loads a dump (https://www.postgresql.org/docs/current/app-psql.html, app-pgrestore.html).
 * psql's `--single-transaction` commits at the end of its input, whatever came before: 121,165 of 200,000 rows where a
 * dump broke off, and the same when pgbak is killed. So the transaction is begun and committed by words in the input
 * itself, and an end without the second undoes all.
 */
export function startLoader(request: LoadRequest): Loader {
  const { format, emptyFirst = false } = request;
  if (format === 'sql') return startPsql(request);
  // pg_restore has no way to drop what a dump does not know of; psql does both in one transaction.
  return emptyFirst ? startThroughScript(request) : startPgRestore(request);
}

function startPsql({ connection, programs, environment, signal, emptyFirst }: LoadRequest): Loader {
  if (programs.psql === undefined) {
    throw new ProgramError('psql was not found beside pg_dump', 'Install postgresql-client.');
  }
  const args = ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', `--dbname=${connection.conninfo}`, '-f', '-'];
  const command = { name: 'psql', file: programs.psql, args, env: databaseEnvironment(connection, environment) };
  const psql = startProgram(command, { stdin: 'pipe', stdout: 'ignore', signal });
  const input = inputOf(psql);
  input.write(`${beginSafely('read write')}${emptyFirst === true ? EMPTY_DATABASE : ''}`);
  return loaderOf('psql', psql, input, signal, () => input.end('\nCOMMIT;\n'));
}

function startPgRestore(request: LoadRequest): Loader {
  const { connection, environment, signal } = request;
  const args = ['-w', '--single-transaction', '--exit-on-error', `--dbname=${connection.conninfo}`];
  const command = pgRestore(request, [...args, ...partFlags(request)], databaseEnvironment(connection, environment));
  const restore = startProgram(command, { stdin: 'pipe', stdout: 'ignore', signal });
  const stdin = inputOf(restore);
  const isPart = request.parts !== undefined && isSelection(request.parts);
  const input = isPart ? untilItCloses(stdin) : stdin;
  return loaderOf('pg_restore', restore, input, signal, () => stdin.end());
}

/** pg_restore reads no further than the part that it was asked for; the rest is for nobody. */
function untilItCloses(stdin: Writable): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      if (stdin.destroyed || stdin.errored) done();
      else stdin.write(chunk, () => done());
    },
  });
}

/** pg_restore writes the dump as a script for psql, which hears of its end only when pg_restore has ended well. */
function startThroughScript(request: LoadRequest): Loader {
  const { environment, signal } = request;
  const psql = startPsql(request);
  const command = pgRestore(request, ['--file=-', '--exit-on-error', ...partFlags(request)], environment);
  const script = startProgram(command, { stdin: 'pipe', stdout: 'pipe', signal });
  const input = inputOf(script);
  if (script.stdout === undefined) throw new Error('pg_restore was started without a pipe');
  const copied = pipeline(script.stdout, psql.input, { end: false });
  copied.catch(() => {});
  return {
    input,
    commit: async () => {
      input.end();
      const { exitCode, stderrTail } = await script.ended;
      signal.throwIfAborted();
      if (exitCode !== 0) throw explainLoadFailure('pg_restore', stderrTail);
      await copied;
      await psql.commit();
    },
    abandon: async () => {
      await script.stop();
      input.destroy();
      return await psql.abandon();
    },
  };
}

/**
 * Loads a binary dump from a file: over one connection in one transaction, or over several at once, which one transaction
 * cannot span.
 */
export async function loadFile(request: LoadRequest, path: string, jobs: number): Promise<void> {
  const { connection, environment, signal } = request;
  const how = jobs > 1 ? `--jobs=${jobs}` : '--single-transaction';
  const args = ['-w', how, '--exit-on-error', `--dbname=${connection.conninfo}`, ...partFlags(request), path];
  const command = pgRestore(request, args, databaseEnvironment(connection, environment));
  const { exitCode, stderrTail } = await startProgram(command, { signal }).ended;
  signal.throwIfAborted();
  if (exitCode === 0) return;
  throw explainLoadFailure('pg_restore', stderrTail, jobs > 1 ? 'a part of it may have been restored' : undefined);
}

function pgRestore({ programs }: LoadRequest, args: string[], env: Command['env']): Command {
  return { name: 'pg_restore', file: programs.pgDump.replace(/pg_dump$/, 'pg_restore'), args, env };
}

function partFlags({ parts, listPath }: LoadRequest): string[] {
  const flags = listPath === undefined ? [] : [`--use-list=${listPath}`];
  if (parts === undefined) return flags;
  const { dataOnly, schemaOnly, noOwner, noPrivileges } = parts;
  return [
    ...flags,
    ...(dataOnly ? ['--data-only'] : []),
    ...(schemaOnly ? ['--schema-only'] : []),
    ...(noOwner ? ['--no-owner'] : []),
    ...(noPrivileges ? ['--no-privileges'] : []),
  ];
}

function inputOf(program: RunningProgram): Writable {
  if (program.stdin === undefined) throw new Error('the program was started without a pipe');
  return program.stdin;
}

const LAST_WORDS_WITHIN_MS = 500;

function loaderOf(
  name: string,
  program: RunningProgram,
  input: Writable,
  signal: AbortSignal,
  end: () => void,
): Loader {
  return {
    input,
    commit: async () => {
      end();
      const { exitCode, stderrTail } = await program.ended;
      signal.throwIfAborted();
      if (exitCode !== 0) throw explainLoadFailure(name, stderrTail);
    },
    abandon: async () => {
      // It may just be on its way out, with the reason on its lips.
      const own = await Promise.race([
        program.ended.catch(() => undefined),
        new Promise<undefined>((resolve) => setTimeout(resolve, LAST_WORDS_WITHIN_MS, undefined)),
      ]);
      await program.stop();
      input.destroy();
      return own === undefined || own.exitCode === 0 ? undefined : explainLoadFailure(name, own.stderrTail);
    },
  };
}
