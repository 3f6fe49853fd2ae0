import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { clientPrograms } from '../support/postgres/versions.ts';

const ROWS = 'select count(*), sum(id) from app.orders';

const [newer, own] = [{ PGBAK_PG_BIN: clientPrograms(17) }, { PGBAK_PG_BIN: clientPrograms(15) }];

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql(
    'shop',
    `create schema app; create table app.orders (id int primary key, name text);
     insert into app.orders select n, md5(n::text) from generate_series(1, 1000) as n;
     create table app.lines (what text); insert into app.lines values ('SET transaction_timeout = 0;');
     create table app.items (id int references app.orders); insert into app.items values (1);
     create view app.few with (security_invoker) as select id from app.orders;
     select lo_from_bytea(0, 'a large object')`,
  );
  account = newAccount(newer);
  for (const format of ['sql', 'binary']) {
    const added = await account.add({
      name: format,
      format,
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      'count-rows': true,
      'min-size': 1,
    });
    expect(added).toMatchObject({ status: 0 });
    expect(added.stdout + added.stderr).toMatch(/newer than the server[^]*postgresql-client-15/);
  }
  expect(await account.results()).toMatchObject([{ status: 'success' }, { status: 'success' }]);
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

async function pgbak(programs: { PGBAK_PG_BIN: string }, ...args: string[]) {
  return await account.start(args, programs).finished;
}

describe.each(['sql', 'binary'])('a %s backup by a pg_dump 17 of a server 15', (format) => {
  test('loads back into its own server with the pg_dump 17 that made it {refused@load}', async () => {
    await cluster.createDatabase(`empty ${format}`);
    const ways = [[`empty ${format}`], [`made ${format}`, '--create'], [`made ${format}`, '--clean', '--yes']];
    for (const [database = '', ...flags] of ways) {
      const done = await pgbak(newer, 'restore', format, '--to', cluster.url(database), ...flags);
      expect(done).toMatchObject({ status: 0 });
      expect(await cluster.sql(database, ROWS)).toBe('1000|500500');
    }
  });

  test('is judged good with it, on a server of its own and on a throwaway one {refused@prove}', async () => {
    for (const where of [[], ['--scratch-url', cluster.url('postgres')]]) {
      const judged = await pgbak(newer, 'verify', format, '--level', 'restore', ...where);
      expect(judged).toMatchObject({ status: 0, stdout: expect.stringMatching(/good .*as many as were counted/) });
    }
  });
});

test('with four jobs a binary one loads back as well {refused@load}', async () => {
  const done = await pgbak(newer, 'restore', 'binary', '--create', '--jobs=4', '--to', cluster.url('by jobs'));
  expect(done).toMatchObject({ status: 0 });
  expect(await cluster.sql('by jobs', ROWS)).toBe('1000|500500');
});

test('rows of it that have to come in another order than they were dumped load back as well {refused@load}', async () => {
  const to = cluster.url('rows alone');
  const flags = ['--schema=app', '--create', '--to', to];
  expect(await pgbak(newer, 'restore', 'binary', '--schema-only', ...flags)).toMatchObject({ status: 0 });
  const rows = ['restore', 'binary', '--data-only', '--schema=app', '--yes', '--to', to];
  expect(await pgbak(newer, ...rows)).toMatchObject({ status: 0 });
  expect(await cluster.sql('rows alone', ROWS)).toBe('1000|500500');
});

test('a part of a binary one loads back as well {refused@load}', async () => {
  const to = cluster.url('a part');
  const done = await pgbak(newer, 'restore', 'binary', '--create', '--schema=app', '--to', to);
  expect(done).toMatchObject({ status: 0 });
  expect(await cluster.sql('a part', ROWS)).toBe('1000|500500');
});

test('an sql one loads with the client programs of the server as the only ones {refused@load}', async () => {
  const done = await pgbak(own, 'restore', 'sql', '--create', '--to', cluster.url('by 15'));
  expect(done).toMatchObject({ status: 0 });
  expect(await cluster.sql('by 15', ROWS)).toBe('1000|500500');
  for (const where of [[], ['--scratch-url', cluster.url('postgres')]]) {
    expect(await pgbak(own, 'verify', 'sql', '--level', 'restore', ...where)).toMatchObject({ status: 0 });
  }
});

test('a binary one that pg_restore 15 cannot read is not called bad, and pgbak says what to install {refused@load, refused@prove}', async () => {
  const done = await pgbak(own, 'restore', 'binary', '--create', '--to', cluster.url('unread'));
  expect(done).toMatchObject({ status: 1, stderr: expect.stringContaining('postgresql-client-17') });
  expect(done.stderr).not.toContain('a newer PostgreSQL than the target');
  for (const where of [[], ['--scratch-url', cluster.url('postgres')]]) {
    const judged = await pgbak(own, 'verify', 'binary', '--level', 'restore', '--json', ...where);
    expect(judged.stdout).toMatch(/"verdict": ?"unknown"/);
    expect(judged.stdout).toContain('postgresql-client-17');
  }
});

test.each(['sql', 'binary'])('a %s one loads by hand by the lines of the manual', async (format) => {
  const file = account.folder.at('shop.sql');
  const written = format === 'sql' ? file : account.folder.at('shop.bin');
  expect(await pgbak(newer, 'restore', format, '--yes', '--output', written)).toMatchObject({ status: 0 });
  if (format === 'binary') execFileSync(join(newer.PGBAK_PG_BIN, 'pg_restore'), ['-f', file, written]);
  await cluster.createDatabase(`by hand ${format}`);
  const manual = readFileSync(new URL('../../docs/bad-day.md', import.meta.url), 'utf8');
  const [lines = ''] = /^sed .*transaction_timeout.*\n.*$/m.exec(manual) ?? [];
  const command = lines.replace('-d shop_restored', `-q -d '${cluster.url(`by hand ${format}`)}'`);
  const { status, stderr } = spawnSync('sh', ['-c', command], {
    cwd: account.folder.path,
    encoding: 'utf8',
    env: { PATH: `${own.PGBAK_PG_BIN}:${process.env['PATH']}` },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(await cluster.sql(`by hand ${format}`, ROWS)).toBe('1000|500500');
  expect(await cluster.sql(`by hand ${format}`, 'select what from app.lines')).toBe('SET transaction_timeout = 0;');
  rmSync(file);
});

test('where nothing is noted with an archive, its dump tells before it is loaded which PostgreSQL made it {gone@load, refused@prove}', async () => {
  await using older = await startCluster({ server: 13 });
  const both = { PATH: `${own.PGBAK_PG_BIN}:${newer.PGBAK_PG_BIN}:${process.env['PATH']}` };
  using other = newAccount(both);
  const backups = account.folder.at('backups');
  for (const name of readdirSync(backups)) if (name.endsWith('.sha256')) rmSync(join(backups, name));
  expect(await other.pgbak('catalog', 'rebuild', '--from', `file:${backups}`)).toMatchObject({ status: 0 });
  for (const format of ['sql', 'binary']) {
    const restored = await other.pgbak('restore', format, '--create', '--to', cluster.url(`told ${format}`));
    expect(restored).toMatchObject({ status: 0 });
    expect(await cluster.sql(`told ${format}`, ROWS)).toBe('1000|500500');
    const intoOlder = await other.pgbak('restore', format, '--create', '--to', older.url(format));
    expect(intoOlder.stderr).toMatch(/is of PostgreSQL 15, and the target is older, 13[^]*loading into/);
    const judged = await other.pgbak('verify', format, '--level', 'restore', '--scratch-url', older.url('postgres'));
    expect(judged.stdout).toMatch(/unknown .*made by PostgreSQL 15 and did not load into PostgreSQL 13/);
  }
});
