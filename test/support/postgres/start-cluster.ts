import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newDataDirectory } from './new-data-directory.ts';
import { serverAccount } from './server-programs.ts';
import { serverPrograms, type ServerChoice } from './versions.ts';

export interface Role {
  user: string;
  password: string;
}

export interface Cluster extends AsyncDisposable {
  port: number;
  socketDirectory: string;
  superuser: Role;
  /** A URI to one of its databases, as the superuser unless another role is given. */
  url(database: string, role?: Role): string;
  createDatabase(name: string): Promise<void>;
  /** Runs SQL through psql and returns what it prints. */
  sql(database: string, text: string): Promise<string>;
  start(): Promise<void>;
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

export interface ClusterOptions {
  server?: ServerChoice;
  /** Further words for initdb; the last of several wins. */
  initdb?: readonly string[];
  /** The name of the role that initdb makes; `postgres` unless given. */
  superuser?: string;
  /** Settings of the server, `max_connections=20`. */
  settings?: readonly string[];
  /** Variables of the server's process, besides this one's. */
  env?: Readonly<Record<string, string>>;
  /** A hot standby of that one: a copy of its data, which follows it. */
  standbyOf?: Cluster;
}

/**
 * A real PostgreSQL of a test's own: initdb in a new directory, a free port on 127.0.0.1, passwords required, durability
 * off for speed. It ends with the test process, however that ends.
 */
export async function startCluster(given: ClusterOptions = {}): Promise<Cluster> {
  const superuser: Role = { user: given.superuser ?? 'postgres', password: 'the superuser' };
  const account = serverAccount();
  const programs = serverPrograms(given.server ?? 'installed');
  const directory = mkdtempSync(join(tmpdir(), 'pgbak-test-pg-'));
  const data = join(directory, 'data');
  const socketDirectory = join(directory, 'socket');
  mkdirSync(socketDirectory);
  chmodSync(directory, 0o755);
  for (const path of [directory, socketDirectory]) {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  }
  if (given.standbyOf === undefined) {
    const madeOnce = newDataDirectory(programs, superuser, given.initdb ?? []);
    execFileSync('cp', ['-R', '--reflink=auto', madeOnce, data], { ...account, stdio: 'pipe' });
  } else {
    const words = ['-D', data, '-d', given.standbyOf.url('postgres'), '-R', '-c', 'fast', '-w'];
    execFileSync(join(programs, 'pg_basebackup'), words, { ...account, stdio: 'pipe' });
  }
  chmodSync(data, 0o700);

  const port = await freePort();
  let postgres: ChildProcess | undefined;
  const options = { port, socketDirectory, user: superuser.user };
  const sql = async (database: string, text: string) => {
    const command = execFileAsync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', database], {
      env: {
        ...process.env,
        PGHOST: '127.0.0.1',
        PGPORT: String(port),
        PGUSER: options.user,
        PGPASSWORD: superuser.password,
      },
      maxBuffer: 1e9,
    });
    command.child.stdin?.end(text);
    return (await command).stdout.trim();
  };

  async function start(): Promise<void> {
    const usualSettings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'listen_addresses=127.0.0.1'];
    const settings = [...usualSettings, ...(given.settings ?? [])];
    const args = ['-D', data, '-p', String(port), '-k', socketDirectory, ...settings.flatMap((one) => ['-c', one])];
    const [file = '', ...words] = [...endsWithThisProcess(), join(programs, 'postgres'), ...args];
    const env = { ...process.env, ...given.env };
    const child = spawn(file, words, { ...account, env, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)));
    postgres = child;
    for (const deadline = Date.now() + 60_000; ;) {
      if (child.exitCode !== null) throw new Error(`PostgreSQL did not start: ${complaints}`);
      const isUp = await sql('postgres', 'select 1').then(
        () => true,
        () => false,
      );
      if (isUp) return;
      if (Date.now() > deadline) throw new Error(`PostgreSQL does not answer: ${complaints}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    if (postgres === undefined || postgres.exitCode !== null || postgres.signalCode !== null) return;
    const ended = once(postgres, 'exit');
    postgres.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await ended;
  }

  await start();
  const cluster: Cluster = {
    port,
    socketDirectory,
    superuser,
    url: (database, { user, password } = superuser) =>
      `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    createDatabase: async (name) => void (await sql('postgres', `create database "${name.replaceAll('"', '""')}"`)),
    sql,
    start,
    stop,
    [Symbol.asyncDispose]: async () => {
      running.delete(cluster);
      await stop('immediate');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  // Restores are tried on these, and a standby takes none.
  if (given.standbyOf === undefined) running.add(cluster);
  return cluster;
}

const running = new Set<Cluster>();

/** The clusters of this test file, in the order in which they were started. */
export function runningClusters(): Cluster[] {
  return [...running];
}

const execFileAsync = promisify(execFile);

/** The words before a program that is to end with this process, however that ends. */
export function endsWithThisProcess(signal = 'QUIT'): string[] {
  const words = ['setpriv', '--pdeathsig', signal, '--'];
  const { status } = spawnSync('setpriv', ['--pdeathsig', signal, '--', 'true']);
  return status === 0 ? words : [];
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await new Promise((resolve) => probe.close(resolve));
  return address.port;
}
