import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramError } from '../errors.ts';
import { runProgram, startProgram, type Account } from '../system/programs.ts';
import { existingPrograms, type ClientPrograms } from './client-programs.ts';
import type { Connection } from './connection.ts';
import { keywordValue } from './connection-keywords.ts';
import type { ProgramEnvironment } from './program-environment.ts';
import { queryRows } from './query.ts';

/** A PostgreSQL server of its own that nobody else can reach; disposing ends it. Its files are the caller's to remove. */
export interface ScratchCluster extends AsyncDisposable {
  connection: Connection;
  /** The client programs that belong to it. */
  programs: ClientPrograms;
}

export interface ScratchClusterRequest {
  found: readonly ClientPrograms[];
  /** An empty directory. */
  directory: string;
  /** Whom the server runs as, where pgbak is run by root; PostgreSQL refuses to be. */
  account: Account | undefined;
  /** Without any of libpq's own variables. */
  environment: ProgramEnvironment;
  signal: AbortSignal;
}

const START_WITHIN_MS = 60_000;
/** Nothing in it is worth a flush to the disk: it lives as long as one verification. */
const SETTINGS = [
  'port=5432',
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'autovacuum=off',
];

/**
 * Starts the newest PostgreSQL server that is installed beside the client programs, in a new cluster
 * (https://www.postgresql.org/docs/current/app-initdb.html) that listens on a socket in a directory of mode 0700 alone.
 * Throws a `ProgramError` when none is installed or it does not start.
 */
export async function startScratchCluster(request: ScratchClusterRequest): Promise<ScratchCluster> {
  const { found, directory, account, environment, signal } = request;
  const { initdb, postgres, programs } = await newestServer(found);
  const data = join(directory, 'data');
  const socket = join(directory, 's');
  // The account has to pass through, and to see no more.
  if (account !== undefined) await chmod(directory, 0o711);
  for (const path of [data, socket]) {
    await mkdir(path, { mode: 0o700 });
    if (account !== undefined) await chown(path, account.uid, account.gid);
  }
  const { PATH: path = '' } = environment;
  const env = { PATH: path, LC_ALL: 'C', TZ: 'UTC', HOME: data };
  const as = account === undefined ? {} : { account };
  const command = (name: string, file: string, args: string[]) => ({ name, file, args, env, cwd: directory, ...as });

  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  const made = await runProgram(command('initdb', initdb, args), { signal, timeoutMs: START_WITHIN_MS });
  if (made.exitCode !== 0) throw noCluster(made.stderrTail);

  const server = startProgram(
    command('postgres', postgres, ['-D', data, '-k', socket, ...SETTINGS.flatMap((one) => ['-c', one])]),
    { signal },
  );
  const stop = async () => await server.stop();
  try {
    const connection: Connection = {
      conninfo: `${keywordValue('host', socket)} port=5432 user=postgres dbname=postgres`,
      password: undefined,
      label: 'the scratch cluster',
      host: socket,
      database: 'postgres',
    };
    await untilItAnswers(connection, server.ended, request);
    return { connection, programs, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItAnswers(
  connection: Connection,
  ended: Promise<{ stderrTail: string }>,
  { found, environment, signal }: ScratchClusterRequest,
): Promise<void> {
  let words: string | undefined;
  void ended.then(
    ({ stderrTail }) => (words = stderrTail),
    (error: unknown) => (words = String(error)),
  );
  for (const deadline = performance.now() + START_WITHIN_MS; ;) {
    try {
      await queryRows('select 1', connection, found, environment, signal);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (words !== undefined) throw noCluster(words);
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The newest server that is installed beside client programs; a `ProgramError` that says what to install where none is. */
export async function newestServer(
  found: readonly ClientPrograms[],
): Promise<{ initdb: string; postgres: string; programs: ClientPrograms }> {
  for (const programs of found.toSorted((a, b) => b.version.major - a.version.major)) {
    const [initdb, postgres] = await existingPrograms(programs.directory, ['initdb', 'postgres']);
    if (initdb !== undefined && postgres !== undefined) return { initdb, postgres, programs };
  }
  throw new ProgramError(
    'no PostgreSQL server is installed here to restore into (initdb was not found beside pg_dump)',
    'Install one (Debian/Ubuntu: apt install postgresql), or name a server for throwaway databases: --scratch-url or PGBAK_SCRATCH_URL.',
  );
}

function noCluster(stderr: string): ProgramError {
  const words = stderr.split('\n').filter((line) => line.trim() !== '');
  return new ProgramError(
    `the throwaway PostgreSQL server did not start: ${words.slice(-3).join(' ') || 'it gave no reason'}`,
    'Name a server for throwaway databases instead: --scratch-url or PGBAK_SCRATCH_URL.',
  );
}
