import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { contentsOf, createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { startPooler } from '../support/postgres/start-pooler.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

test.each(['sql', 'binary'])(
  'a %s backup is made, verified and restored where each transaction gets another connection of pgbouncer',
  async (format) => {
    await using pooler = await startPooler(cluster, 'transaction');
    const ofAnApplication = `select current_setting('search_path'), current_setting('client_encoding'),
      current_setting('row_security'), current_setting('default_transaction_read_only')`;
    const usual = pooler.sql('shop', ofAnApplication);
    const added = await account.add({
      name: 'shop',
      'connection-string': pooler.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      format,
      'count-rows': true,
    });
    expect(added).toMatchObject({ status: 0 });
    expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
    const verified = await account.pgbak('verify', 'shop', '--scratch-url', pooler.url('postgres'));
    expect(verified).toMatchObject({ status: 0, stderr: expect.not.stringContaining('warning') });
    const target = `target ${format}`;
    const restored = await account.pgbak('restore', 'shop', '--create', '--to', pooler.url(target));
    expect(restored).toMatchObject({ status: 0 });
    const again = await account.pgbak('restore', 'shop', '--clean', '--yes', '--to', pooler.url(target));
    expect(again).toMatchObject({ status: 0 });
    expect(await contentsOf(cluster, target)).toBe(await contentsOf(cluster, 'shop'));
    // What a session of pgbak's was set to is not handed to an application that gets its connection next.
    expect(pooler.sql('shop', ofAnApplication)).toBe(usual);
  },
);

test('a directory is not dumped through a pooler that gives each transaction another connection {refused@connect}', async () => {
  await using pooler = await startPooler(cluster, 'transaction');
  const destination = `file:${account.folder.at('backups')}`;
  const flags = { name: 'shop', destination, format: 'directory', 'no-check': true } as const;
  await account.add({ ...flags, 'connection-string': pooler.url('shop') });
  const { status, stderr } = await account.pgbak('run', '--force');
  expect(status).toBe(1);
  expect(stderr).toMatch(/several connections cannot dump through it/);
});

test('a pooler that refuses PGOPTIONS is named, with what helps {refused@connect}', async () => {
  await using pooler = await startPooler(cluster, 'session');
  account.env['PGOPTIONS'] = '-c geqo=off';
  const connection = ['--connection-string', pooler.url('shop')];
  const place = ['--destination', `file:${account.folder.at('backups')}`, '--create-destination'];
  const { status, stderr } = await account.pgbak('add', '--name', 'shop', ...connection, ...place);
  expect(status).toBe(1);
  expect(stderr).toMatch(/A pooler such as pgbouncer refuses options= and PGOPTIONS/);
});
