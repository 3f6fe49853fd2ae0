import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

test('the backups of a deleted server lead to their rebuild, and then it lacks its connection string', async () => {
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination });
  await account.pgbak('run');
  await account.pgbak('del', 'shop', '--yes');
  const rebuild = `pgbak catalog rebuild --from ${destination}\n`;
  expect(await account.pgbak('restore', 'shop', '--stdout')).toMatchObject({
    status: 2,
    stderr: `pgbak: the server "shop" was deleted\nIts backups are in ${destination}. To be able to restore them: ${rebuild}`,
  });
  const { stdout } = await account.pgbak('backups');
  expect(stdout).toContain(`The storage was not asked for backups of deleted servers. To take them back: ${rebuild}`);
  await account.pgbak('catalog', 'rebuild', '--from', destination);
  const why = 'not known: the catalogue was rebuilt';
  expect(await account.json('list')).toMatchObject([{ connection: `(${why})` }]);
  expect(await account.json('status')).toMatchObject([
    {
      state: 'FAILING',
      reason: `its connection string is ${why}. Set it: pgbak edit shop --connection-string URL`,
    },
  ]);
});
