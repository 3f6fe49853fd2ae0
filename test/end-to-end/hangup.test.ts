import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { processesWith } from '../support/processes.ts';
import { slowPgDump } from '../support/slow-programs.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder, 3);
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'min-size': 1,
  });
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

test('a backup that nohup started outlives a hangup of its whole process group {stop@dump}', async () => {
  const child = spawn('nohup', [process.execPath, PGBAK, 'run', '--force'], {
    env: account.env,
    stdio: 'ignore',
    detached: true,
  });
  const exited = once(child, 'exit');
  await eventually('the dump', () => processesWith('slow programs/pg_dump').length > 0);
  process.kill(-(child.pid ?? 0), 'SIGHUP');
  expect(await exited).toEqual([0, null]);
});
