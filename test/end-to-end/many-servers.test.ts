import Database from 'better-sqlite3';
import { expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { startCluster } from '../support/postgres/start-cluster.ts';

test('of 200 servers the 3 that are due are backed up, the longest waiting first', async () => {
  await using cluster = await startCluster();
  using account = newAccount();
  const backups = account.folder.at('backups');
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n, md5(n::text) from generate_series(1, 5000) as n');
  const flags = { 'connection-string': cluster.url('shop'), destination: `file:${backups}` };
  expect(await account.add({ ...flags, name: 'server 1', 'no-check': true })).toMatchObject({ status: 0 });

  const hours = (count: number) => new Date(Date.now() - count * 3_600_000).toISOString();
  const db = new Database(account.catalogPath);
  const server = db.prepare('select * from servers').get() as Record<string, unknown>;
  const columns = Object.keys(server).map((name) => `"${name}"`);
  const insert = db.prepare(
    `insert into servers (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  for (let id = 2; id <= 200; id += 1) {
    insert.run(...Object.values({ ...server, id, name: `server ${id}`, archive_name: `server-${id}` }));
  }
  db.prepare('update servers set frequency_hrs = 24, last_success_run = ?').run(hours(10));
  db.prepare('update servers set last_success_run = ? where id = ?').run(hours(30), 50);
  db.prepare('update servers set last_success_run = ? where id = ?').run(hours(100), 120);
  // An hourly cron never starts at the very same second: a few minutes early is due.
  db.prepare('update servers set last_success_run = ? where id = ?').run(hours(23.95), 7);
  db.close();

  const results = await account.results();
  expect(results).toHaveLength(200);
  const done = results.filter(({ status }) => status === 'success').map(({ name }) => name);
  expect(done).toEqual(['server 120', 'server 50', 'server 7']);
  expect(results.filter(({ status }) => status === 'skipped')).toHaveLength(197);
  expect(await account.results()).toEqual(results.map(() => expect.objectContaining({ status: 'skipped' })));
  const { stdout } = await account.pgbak('run', '--server', 'server 7', '--server', '7', '--force');
  expect(stdout.split('\n').filter((line) => line.startsWith('server 7'))).toHaveLength(1);
});
