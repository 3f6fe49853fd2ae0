import type { Writable } from 'node:stream';
import type { Format } from '../config/server.ts';
import { ProgramError } from '../errors.ts';
import { startProgram, type Ending } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { databaseEnvironment } from './database-environment.ts';
import type { ProgramEnvironment } from './program-environment.ts';

/** A psql or pg_restore that waits for a dump, in one transaction. */
export interface Loader {
  input: Writable;
  /** Tells it that the dump is whole, and resolves when all of it is committed. */
  commit(): Promise<void>;
  /** Ends it so that nothing is committed; resolves with its own reason where it had given up by itself. */
  abandon(): Promise<ProgramError | undefined>;
}

/**
 * Starts the program that loads a dump (https://www.postgresql.org/docs/current/app-psql.html, app-pgrestore.html).
 * psql's `--single-transaction` commits at the end of its input, whatever came before: 121,165 of 200,000 rows where a
 * dump broke off, and the same when pgbak is killed. So the transaction is begun and committed by words in the input
 * itself, and an end without the second undoes all.
 */
export function startLoader(
  format: Format,
  connection: Connection,
  programs: ClientPrograms,
  environment: ProgramEnvironment,
  signal: AbortSignal,
): Loader {
  const target = `--dbname=${connection.conninfo}`;
  const isPlain = format === 'sql';
  const name = isPlain ? 'psql' : 'pg_restore';
  const file = isPlain ? programs.psql : programs.pgDump.replace(/pg_dump$/, 'pg_restore');
  if (file === undefined) throw new ProgramError('psql was not found beside pg_dump', 'Install postgresql-client.');
  const args = isPlain
    ? ['-X', '-q', '-w', '-v', 'ON_ERROR_STOP=1', target, '-f', '-']
    : ['-w', '--single-transaction', '--exit-on-error', target];
  const env = databaseEnvironment(connection, environment);
  const program = startProgram({ name, file, args, env }, { stdin: 'pipe', stdout: 'ignore', signal });
  const { stdin } = program;
  if (stdin === undefined) throw new Error(`${name} was started without a pipe`);
  let ownEnding: Ending | undefined;
  let isAbandoned = false;
  void program.ended.then(
    (ending) => (ownEnding = isAbandoned ? undefined : ending),
    () => {},
  );
  if (isPlain) stdin.write('BEGIN;\n');
  return {
    input: stdin,
    commit: async () => {
      stdin.end(isPlain ? '\nCOMMIT;\n' : '');
      const { exitCode, stderrTail } = await program.ended;
      signal.throwIfAborted();
      if (exitCode !== 0) throw explain(name, stderrTail);
    },
    abandon: async () => {
      // It may just be on its way out, with the reason on its lips.
      await Promise.race([program.ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500))]);
      const ending = ownEnding;
      isAbandoned = true;
      await program.stop();
      stdin.destroy();
      return ending === undefined || ending.exitCode === 0 ? undefined : explain(name, ending.stderrTail);
    },
  };
}

function explain(name: string, stderr: string): ProgramError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => /error:|fatal:/i.test(line));
  const words = lines
    .slice(Math.max(first, 0), Math.max(first, 0) + 6)
    .map((line) => line.replace(/^psql:<stdin>:\d+: /, '').replace(/^(?:pg_restore|psql): /, ''))
    .join(' ');
  const role = /role "([^"]+)" does not exist/.exec(words)?.[1];
  return new ProgramError(
    `${name} failed, and nothing was restored: ${words || 'it gave no reason'}`,
    role === undefined ? undefined : `Create the role first: CREATE ROLE "${role}"`,
  );
}
