import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { temporaryFolder } from '../temporary-folder.ts';
import { endsWithThisProcess, freePort, type Cluster } from './start-cluster.ts';
import { serverAccount } from './server-programs.ts';

export interface Pooler extends AsyncDisposable {
  /** A URI through the pooler, as the superuser. */
  url(database: string): string;
  /** What an application gets that asks through it. */
  sql(database: string, text: string): string;
}

/**
 * A real pgbouncer before a cluster, for all of its databases (https://www.pgbouncer.org/config.html). In the mode
 * `transaction` each transaction gets any connection of a few to the server.
 */
export async function startPooler(cluster: Cluster, mode: 'session' | 'transaction'): Promise<Pooler> {
  const folder = temporaryFolder();
  const account = serverAccount();
  const port = await freePort();
  const { user, password } = cluster.superuser;
  const users = folder.at('users.txt');
  const configuration = folder.at('pgbouncer.ini');
  writeFileSync(users, `"${user}" "${password}"\n`);
  writeFileSync(
    configuration,
    `[databases]
* = host=127.0.0.1 port=${cluster.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = 3
`,
  );
  for (const path of [folder.path, users, configuration]) {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  }
  const [file, ...words] = [...endsWithThisProcess(), '/usr/sbin/pgbouncer', configuration];
  const child = spawn(file, words, { ...account, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)));
  const ended = once(child, 'exit');
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`pgbouncer did not start: ${complaints}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const url = (database: string) => cluster.url(database).replace(`:${cluster.port}/`, `:${port}/`);
  return {
    url,
    sql: (database, text) => execFileSync('psql', ['-XAtqd', url(database), '-c', text], { encoding: 'utf8' }).trim(),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGQUIT');
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
