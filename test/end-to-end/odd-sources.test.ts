import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster({ settings: ['wal_level=replica'] });
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

const add = async (flags: Record<string, string | number | true>) =>
  await account.add({
    name: 'shop',
    destination: `file:${account.folder.at('backups')}`,
    'min-size': 100,
    'count-rows': true,
    ...flags,
  });

describe('a standby', () => {
  test('with an unlogged table is dumped and counted without its rows, which is said once {refused@dump}', async () => {
    await cluster.createDatabase('shop');
    await cluster.sql(
      'shop',
      `create table kept as select n from generate_series(1, 50) n;
       create unlogged table fleeting as select n from generate_series(1, 7) n;
       create unlogged table split (n int) partition by range (n);
       create unlogged table split_1 partition of split for values from (0) to (10);`,
    );
    await using standby = await startCluster({ standbyOf: cluster });
    await eventually(
      'the standby follows',
      async () => (await standby.sql('shop', 'select count(*) from kept')) === '50',
    );
    expect(await add({ 'connection-string': standby.url('shop') })).toMatchObject({ status: 0 });
    const [result] = await account.results('--force');
    expect(result).toMatchObject({ status: 'success' });
    expect(result?.warnings).toEqual([
      expect.stringMatching(/rows of unlogged tables are not on a standby.*: public\.fleeting, public\.split_1/),
    ]);
    expect(await account.pgbak('restore', 'shop', '--create', '--to', cluster.url('copy'))).toMatchObject({
      status: 0,
    });
    expect(await cluster.sql('copy', 'select (select count(*) from kept), (select count(*) from fleeting)')).toBe(
      '50|0',
    );
  });

  test('is no target of a restore, which is said before an archive is fetched {refused@load}', async () => {
    await cluster.createDatabase('empty');
    await cluster.sql('postgres', 'create database source');
    await cluster.sql('source', 'create table t as select 1 as n');
    await using standby = await startCluster({ standbyOf: cluster });
    expect(await add({ 'connection-string': cluster.url('source') })).toMatchObject({ status: 0 });
    await account.pgbak('run');
    for (const to of [[standby.url('empty')], [standby.url('new'), '--create']]) {
      const { status, stderr } = await account.pgbak('restore', 'shop', '--to', ...to);
      expect(stderr).toMatch(/^pgbak: \w+ on [\d.:]+ is a standby, which takes no changes\nRestore into its primary/);
      expect(status).toBe(2);
    }
  });
});

test("an extension's own table counts as pg_dump dumps it, also where rows of the extension were deleted", async () => {
  await cluster.createDatabase('map');
  await cluster.sql(
    'map',
    `create extension postgis;
     delete from spatial_ref_sys where srid = 4326;
     insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) values (990001, 'own', 990001, 'x', 'y');
     create table place as select n, st_point(n, n) as at from generate_series(1, 20) n;`,
  );
  await add({ 'connection-string': cluster.url('map') });
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
  const verified = await account.json('verify', 'shop', '--level', 'restore', '--scratch-url', cluster.url('postgres'));
  expect(verified).toMatchObject([{ verdict: 'good', message: expect.stringMatching(/as many as were counted/) }]);
});
