import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';
import { eventually } from '../support/eventually.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { add, cluster, scene, setTheScene } from './scene.ts';

setTheScene((started) => createSampleDatabase(started, 'shop'));

describe('a backup fails, and everybody hears of it,', () => {
  test('when no server listens there {refused@connect}', async () => {
    await add({ 'connection-string': 'postgresql://app:pw@127.0.0.1:1/shop' });
    expect(await scene.failure()).toMatch(/cannot connect to shop on 127\.0\.0\.1:1: .*Connection refused/);
  });

  test('when the password is wrong {secret@connect}', async () => {
    const url = cluster.url('shop', { user: 'postgres', password: 'wr0ng-pass' });
    await add({ 'connection-string': url });
    const error = await scene.failure();
    expect(error).toMatch(/password authentication failed/);
    expect(error).not.toContain('wr0ng-pass');
  });

  test('when the database is not there {gone@connect}', async () => {
    await add({ 'connection-string': cluster.url('no such database') });
    expect(await scene.failure()).toMatch(/there is no database no such database on /);
  });

  test('when the database is dropped during the dump {gone@dump}', async () => {
    await cluster.createDatabase('short_lived');
    await cluster.sql(
      'short_lived',
      'create table big as select n, md5(n::text) as text from generate_series(1, 4000000) as n',
    );
    await add({ 'connection-string': cluster.url('short_lived') });
    const failed = scene.failure();
    await eventually(
      'pg_dump copies',
      async () =>
        (await cluster.sql(
          'postgres',
          "select 1 from pg_stat_activity where datname = 'short_lived' and query like 'COPY%'",
        )) === '1',
    );
    await cluster.sql('postgres', 'drop database short_lived with (force)');
    expect(await failed).toMatch(/the connection to the database was lost during the dump/);
  });

  test('when the server is stopped at once during the dump {lost@dump}', async () => {
    await using own = await startCluster();
    await own.createDatabase('shop');
    await own.sql('shop', 'create table big as select n, md5(n::text) as text from generate_series(1, 4000000) as n');
    await add({ 'connection-string': own.url('shop') });
    const failed = scene.failure();
    await eventually(
      'pg_dump copies',
      async () => (await own.sql('postgres', "select 1 from pg_stat_activity where query like 'COPY%'")) === '1',
    );
    await own.stop('immediate');
    expect(await failed).toMatch(/the connection to the database was lost during the dump/);
  });

  test('when row security hides rows from the role {denied@dump}', async () => {
    await cluster.sql(
      'shop',
      `
      create role limited login password 'limited';
      grant usage on schema public, "Größe & Maß" to limited;
      grant select on all tables in schema public, "Größe & Maß" to limited;
      grant select on all sequences in schema public to limited;
      grant select on large object 4242 to limited;`,
    );
    await add({ 'connection-string': cluster.url('shop', { user: 'limited', password: 'limited' }) });
    const error = await scene.failure();
    expect(error).toMatch(/row-level security hides rows of table (public\.)?purchase/);
    expect(error).toMatch(/BYPASSRLS/);
  });

  test('when the role may not read a table {denied@dump}', async () => {
    await cluster.sql('shop', "create role nobody login password 'nobody'");
    await add({ 'connection-string': cluster.url('shop', { user: 'nobody', password: 'nobody' }) });
    expect(await scene.failure()).toMatch(/permission denied for/);
  });

  test('when B2 is not set up, before anybody is pinged that it begins {secret@connect}', async () => {
    await add({ destination: 'b2' });
    const error = await scene.failure({ B2_KEY_ID: 'id' });
    expect(error).toMatch(/B2_APP_KEY/);
    expect(error).toMatch(/B2_BUCKET/);
    expect(error).not.toMatch(/B2_KEY_ID/);
    expect(scene.receiver.requests.map(({ url }) => url)).toEqual(['/fail']);
  });

  test('when a reference leads nowhere {secret@connect}', async () => {
    await add({ 'archive-password': 'env:NO_SUCH_VARIABLE' });
    expect(await scene.failure()).toMatch(/NO_SUCH_VARIABLE/);
  });

  test('when the archive is smaller than --min-size {refused@judge}', async () => {
    await add({ 'min-size': 10_000_000 });
    expect(await scene.failure()).toMatch(/less than the minimum of 10000000/);
  });

  test('when pg_dump dies in the middle, whatever archive 7-Zip made of the first half', async () => {
    const directory = slowPgDump(scene.account.folder);
    execFileSync('sh', ['-c', `sed -i 's/^n=0.*/kill -SEGV $$/' '${directory}/pg_dump'`]);
    await add();
    expect(await scene.failure({ PGBAK_PG_BIN: directory })).toMatch(/pg_dump was killed by SIGSEGV|exit code/);
  });
});

describe('after a failure', () => {
  test('the server is due again at once, and success postpones it by its frequency', async () => {
    await add({ 'frequency-hrs': 24 });
    const env = { PGBAK_PG_BIN: '/nowhere' };
    expect(await scene.account.start(['run'], env).finished).toMatchObject({ status: 1 });
    expect(await scene.account.results()).toMatchObject([{ status: 'success' }]);
    expect(await scene.account.results()).toMatchObject([
      { status: 'skipped', reason: expect.stringMatching(/not due before/) },
    ]);
    const quiet = await scene.account.pgbak('run');
    expect(quiet).toEqual({ status: 0, stdout: '', stderr: '' });

    // A forced run that fails, while a good backup is young, is tried again as well.
    expect(await scene.account.start(['run', '--force'], env).finished).toMatchObject({ status: 1 });
    expect(await scene.account.json('list')).toMatchObject([{ nextDue: null }]);
    const edited = await scene.account.pgbak('edit', 'shop', '--frequency-hrs', '12');
    expect(edited.stdout).toMatch(/Its last backup failed\. To try again now: pgbak run shop$/m);
    expect(await scene.account.results()).toMatchObject([{ status: 'success' }]);
    expect((await scene.account.pgbak('edit', 'shop', '--frequency-hrs', '24')).stdout).not.toMatch(/failed/);
  });

  test('the next server gets its turn', async () => {
    await add({ 'connection-string': 'postgresql://app:pw@127.0.0.1:1/shop' });
    await add({ name: 'second' });
    const { status, stdout } = await scene.account.start(['run', '--json']).finished;
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      results: [
        { name: 'shop', status: 'failed' },
        { name: 'second', status: 'success' },
      ],
    });
  });
});
