import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { eventually } from './eventually.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

const SSHD = '/usr/sbin/sshd';

/** Whether there is one to start: where Debian's package would start a service, the tests do without. */
export const HAS_SSHD = existsSync(SSHD);

/** An SSH server of the test's own on loopback, with a key of its own, into which only this user gets. */
export interface SshServer extends AsyncDisposable {
  /** The section of rclone's configuration for a remote of that name. */
  section(name: string, changes?: Record<string, string>): string;
}

/** Starts one in a folder. It serves SFTP and, for the sums of files, a shell. */
export async function startSshServer(folder: TemporaryFolder): Promise<SshServer> {
  const at = (name: string) => folder.at('ssh', name);
  mkdirSync(at(''));
  for (const name of ['host', 'user', 'stranger'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)]);
  copyFileSync(at('user.pub'), at('authorized_keys'));
  const port = await freePort();
  const [type = '', key = ''] = readFileSync(at('host.pub'), 'utf8').split(' ');
  writeFileSync(at('known_hosts'), `[127.0.0.1]:${port} ${type} ${key}\n`);
  // The directory into which it locks a process that has no rights yet; Debian makes it when the service starts.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const settings = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: at('host'),
    AuthorizedKeysFile: at('authorized_keys'),
    PidFile: 'none',
    PasswordAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
    StrictModes: 'no',
    UsePAM: 'no',
    Subsystem: 'sftp internal-sftp',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  writeFileSync(at('config'), `${lines.join('\n')}\n`);
  const child = spawn(SSHD, ['-D', '-e', '-f', at('config')], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await eventually('sshd listens', async () => {
    if (child.exitCode !== null) throw new Error(`sshd ended: ${said}`);
    return await answers(port);
  });
  const usual: Record<string, string> = {
    type: 'sftp',
    host: '127.0.0.1',
    port: String(port),
    user: userInfo().username,
    key_file: at('user'),
    known_hosts_file: at('known_hosts'),
  };
  return {
    section: (name, changes) =>
      [`[${name}]`, ...Object.entries({ ...usual, ...changes }).map(([key_, value]) => `${key_} = ${value}`), ''].join(
        '\n',
      ),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill()) await ended;
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

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}
