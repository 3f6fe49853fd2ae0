import { randomBytes } from 'node:crypto';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramError } from '../../core/errors.ts';
import { runProgram, startProgram, type Account } from '../../system/programs.ts';
import { existingPrograms, type ClientPrograms } from '../../postgres/client-programs.ts';
import type { Connection } from '../../postgres/connection.ts';
import { keywordValue } from '../../postgres/connection-string.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { ScratchNeeds } from './needs.ts';
import { openDatabase, type Database, type DatabaseAccess } from '../../postgres/database.ts';

/** A PostgreSQL server that no other account can reach. Disposing stops it; the caller removes its files. */
export interface ScratchCluster extends AsyncDisposable {
  database: Database;
  /** The client programs of the same installation. */
  programs: ClientPrograms;
  /** Creates a tablespace of that name, if it does not exist yet. */
  createTablespace: (name: string) => Promise<void>;
}

interface ScratchClusterRequest extends DatabaseAccess {
  /** An empty directory, mode 0700. `account`, where given, owns it. */
  directory: string;
  needs: Pick<ScratchNeeds, 'origin' | 'encoding' | 'preload' | 'lockedObjects'>;
  /** The database that pg_cron lives in, where pg_cron is loaded. */
  cronDatabase: string;
  /** The account that the server runs as where pgbak runs as root. PostgreSQL refuses to run as root. */
  account: Account | undefined;
}

const START_WITHIN_MS = 60_000;
const CONNECTIONS = 20;
/** The server lives as long as one verification, so nothing is flushed to disk, and no background worker runs. */
const SETTINGS = [
  'port=5432',
  'listen_addresses=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_worker_processes=0',
  'autovacuum=off',
  'autovacuum_max_workers=1',
  'unix_socket_permissions=0700',
  `max_connections=${CONNECTIONS}`,
];

/**
 * Starts a new cluster (https://www.postgresql.org/docs/current/app-initdb.html) with the installed PostgreSQL server
 * that fits the dump best. It listens only on a socket in a directory of mode 0700.
 *
 * @throws ProgramError where no server is installed, or it does not start
 */
export async function startScratchCluster(request: ScratchClusterRequest): Promise<ScratchCluster> {
  const { found, directory, account, environment, signal } = request;
  const { initdb, postgres, programs } = await fittingServer(found, request.needs.origin.serverMajor);
  const data = join(directory, 'data');
  const socket = join(directory, 's');
  for (const path of [data, socket]) {
    await mkdir(path, { mode: 0o700 });
    if (account !== undefined) await chown(path, account.uid, account.gid);
  }
  const { PATH: path = '' } = environment;
  const env = { PATH: path, LC_ALL: 'C', TZ: 'UTC', HOME: data };
  const as = account === undefined ? {} : { account };
  const command = (name: string, file: string, args: string[]) => ({ name, file, args, env, cwd: directory, ...as });

  const args = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    request.needs.encoding ?? 'UTF8',
    '--locale=C',
    '-N',
  ];
  const made = await runProgram(command('initdb', initdb, args), { signal, timeoutMs: START_WITHIN_MS });
  if (made.exitCode !== 0) throw noCluster(made.stderrTail);

  const server = startProgram(
    command('postgres', postgres, ['-D', data, '-k', socket, ...settingsFor(request).flatMap((one) => ['-c', one])]),
    { signal },
  );
  const stop = async () => await server.stop();
  try {
    const connection: Connection = {
      conninfo: `${keywordValue('host', socket)} port=5432 user=postgres dbname=postgres`,
      password: undefined,
      serverLabel: undefined,
      label: 'the scratch cluster',
      host: socket,
      origin: undefined,
      database: 'postgres',
    };
    const database = openDatabase(connection, { found, environment, signal });
    const { ask } = database;
    await untilItAnswers(database, server.ended);
    return {
      database,
      programs,
      createTablespace: async (name) => {
        const known = `select 1 from pg_catalog.pg_tablespace where spcname =${quoteLiteral(name)}`;
        if ((await ask(known)).length > 0) return;
        const place = join(directory, `t${randomBytes(8).toString('hex')}`);
        await mkdir(place, { mode: 0o700 });
        if (account !== undefined) await chown(place, account.uid, account.gid);
        await ask(`create tablespace ${quoteIdentifier(name)} location ${quoteLiteral(place)}`);
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItAnswers({ ask, signal }: Database, ended: Promise<{ stderrTail: string }>): Promise<void> {
  let words: string | undefined;
  void ended.then(
    ({ stderrTail }) => (words = stderrTail),
    (error: unknown) => (words = String(error)),
  );
  for (const deadline = performance.now() + START_WITHIN_MS; ;) {
    try {
      await ask('select 1');
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (words !== undefined) throw noCluster(words);
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Sizes the lock table for one load that uses all of it, not for one such load in each connection. */
function settingsFor({ needs, cronDatabase }: ScratchClusterRequest): string[] {
  const { lockedObjects, preload } = needs;
  return [
    ...SETTINGS,
    `max_locks_per_transaction=${Math.ceil(lockedObjects / CONNECTIONS) + 64}`,
    ...(preload.length === 0 ? [] : [`shared_preload_libraries=${preload.join(',')}`]),
    // The jobs in the dump belong to the dumped database, so none may run here.
    ...(preload.includes('pg_cron') ? [`cron.database_name=${cronDatabase}`, 'cron.launch_active_jobs=off'] : []),
  ];
}

/**
 * Chooses among the servers that are installed beside client programs: of the dumped major version, else the next
 * newer, else the newest.
 *
 * @throws ProgramError that says what to install, where there is none
 */
export async function fittingServer(
  found: readonly ClientPrograms[],
  wanted = 0,
): Promise<{ initdb: string; postgres: string; programs: ClientPrograms }> {
  const newestFirst = found.toSorted((a, b) => b.version.major - a.version.major);
  const isNewer = ({ version }: ClientPrograms) => wanted > 0 && version.major >= wanted;
  const order = [
    ...newestFirst.filter((one) => isNewer(one)).toReversed(),
    ...newestFirst.filter((one) => !isNewer(one)),
  ];
  for (const programs of order) {
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
