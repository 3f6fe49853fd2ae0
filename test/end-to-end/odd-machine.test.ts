import { spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { CAN_MOUNT } from '../support/small-disk.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table orders as select * from generate_series(1, 100) as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

/** Runs pgbak by way of another program, such as setpriv, which is given the words that follow. */
async function runBy(words: string[], args: string[], env: NodeJS.ProcessEnv) {
  const [program = '', ...rest] = words;
  const child = spawn(program, [...rest, process.execPath, PGBAK, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [status, stdout, stderr] = await Promise.all([exited, text(child.stdout), text(child.stderr)]);
  return { status, stdout, stderr };
}

const add = (url: string) => [
  'add',
  '--name=shop',
  `--connection-string=${url}`,
  `--destination=file:${account.folder.at('tmp', 'backups')}`,
  '--create-destination',
  '--min-size=1',
];

const ifRoot = CAN_MOUNT ? describe : describe.skip;
ifRoot('a user without an account, as in a container', () => {
  const UID = '12345';
  const SETPRIV = ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'];
  beforeEach(() => ['home', 'tmp'].forEach((name) => chownSync(account.folder.at(name), Number(UID), Number(UID))));
  const pgbak = (args: string[], env: NodeJS.ProcessEnv) => runBy(SETPRIV, args, env);

  test('adds, lists, backs up and restores, even without HOME', async () => {
    const { PATH, DB_PATH, PGBAK_TMPDIR } = account.env;
    const env = { PATH, DB_PATH, PGBAK_TMPDIR };
    expect(await pgbak(add(cluster.url('shop')), env)).toMatchObject({ status: 0 });
    expect(await pgbak(['list'], env)).toMatchObject({ status: 0, stderr: '' });
    expect(await pgbak(['run', '--force', '--quiet'], env)).toMatchObject({ status: 0, stderr: '' });
    const { stdout } = await pgbak(['restore', 'shop', '--stdout'], env);
    expect(stdout).toContain('CREATE TABLE public.orders');
    // PostgreSQL's own initdb wants an account.
    const verified = await pgbak(['verify', '--level=restore', '--json'], env);
    expect(verified.stdout).toMatch(/could not look up effective user ID.*--scratch-url/);
  });

  test('is told to name a user where the connection string has none {denied@connect}', async () => {
    const { status, stderr } = await pgbak(add(cluster.url('shop').replace(/\/\/[^@]*@/, '//')), account.env);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/12345[^]*no account[^]*in the connection string, or set PGUSER/),
    });
  });

  test('without HOME and DB_PATH is told to say where the catalogue may be {denied@record}', async () => {
    const env = { PATH: account.env['PATH'] };
    const { status, stderr } = await pgbak(add(cluster.url('shop')), env);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/\/\.local\/share\/pgbak\/backup\.sqlite.*\n.*set DB_PATH/),
    });
  });
});

test.each([20, 40, 56])(
  'where a process may have %d files open, the limit is what is named {full@connect}',
  async (count) => {
    const ulimit = ['bash', '-c', `ulimit -n ${count}; exec "$@"`, 'bash'];
    const { status, stderr } = await runBy(ulimit, ['restore', 'shop', '--stdout'], account.env);
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/EMFILE.*\n.*ulimit -n 1024/),
    });
    expect(stderr).not.toMatch(/installation is broken|bug in pgbak/);
  },
);
