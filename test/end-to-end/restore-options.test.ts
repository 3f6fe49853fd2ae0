import { existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { PGBAK, type Account } from '../support/pgbak.ts';
import { contentsOf } from '../support/postgres/sample-database.ts';
import { openTerminal } from '../support/terminal.ts';
import { accountWith, cluster, setTheScene, source } from './both-formats-scene.ts';

setTheScene();
let count = 0;

const newName = () => `restored "${(count += 1)}"`;
const restore = (account: Account, database: string, ...flags: string[]) =>
  account.pgbak('restore', 'shop', '--to', cluster.url(database), ...flags);
const exists = async (database: string) =>
  (await cluster.sql('postgres', `select 1 from pg_database where datname = '${database}'`)) === '1';
const tablesIn = (database: string) =>
  cluster.sql(
    database,
    "select string_agg(tablename, ',' order by tablename) from pg_tables where schemaname = 'public'",
  );

// The first, while the backup was made just now.
test('--at takes a backup that began at that very time', async () => {
  const account = accountWith('sql');
  const [{ startedAt } = { startedAt: '' }] = (await account.json('backups')) as { startedAt: string }[];
  const restoreAt = async (time: string) =>
    await account.pgbak('restore', 'shop', '--at', time, '--output', account.folder.at(`${time}.sql`));
  expect(await restoreAt(startedAt)).toMatchObject({ status: 0 });
  expect(await restoreAt(new Date(Date.parse(startedAt) - 1).toISOString())).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /there is no backup of shop from 20\S+ \S+ UTC or before\nThe oldest is backup 1, made 20\S+ \S+ UTC \(just now\): --at 1\n$/,
    ),
  });
});

describe.each(['sql', 'binary'])('a %s backup', (format) => {
  test('makes the database it goes into, or leaves none', async () => {
    const account = accountWith(format);
    const database = newName();
    const { status, stderr } = await restore(account, database, '--create');
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /^into the new database restored "\d+" on .*, PostgreSQL [\d.]+.*, in one transaction/m,
      ),
    });
    expect(await contentsOf(cluster, database)).toBe(source);
    expect(await restore(account, database, '--create')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/there is a database restored "\d+" on 127\.0\.0\.1:\d+ already/),
    });

    const other = newName();
    expect(await restore(account, other, '--create', '--archive-password', 'wrong')).toMatchObject({ status: 1 });
    expect(await exists(other)).toBe(false);
  });

  test('takes the place of all that is there, or of nothing', async () => {
    const account = accountWith(format);
    const database = newName();
    await cluster.createDatabase(database);
    const before = `create schema old; create table old.precious (n int); create table customer (other text);
      create extension if not exists plpgsql; create function f() returns int language sql as 'select 1';`;
    await cluster.sql(database, before);
    const untouched = await contentsOf(cluster, database);

    expect(await restore(account, database, '--clean')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/Say yes with --yes/),
    });
    expect(await restore(account, database, '--clean', '--yes', '--archive-password', 'wrong')).toMatchObject({
      status: 1,
    });
    expect(await contentsOf(cluster, database)).toBe(untouched);
    expect(await restore(account, database, '--clean', '--yes')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/everything in it is replaced: 2 tables and all else/),
    });
    expect(await contentsOf(cluster, database)).toBe(source);
  });

  test('goes into a pipe, whole or not at all', async () => {
    const account = accountWith(format);
    const database = newName();
    await cluster.createDatabase(database);
    const through = (...args: string[]) =>
      spawnSync(process.execPath, [PGBAK, 'restore', 'shop', '--stdout', ...args], {
        env: account.env,
        maxBuffer: 1e9,
      });
    const { status, stdout } = through();
    expect(status).toBe(0);
    const program = format === 'sql' ? ['psql', '-X', '-q', '-1', '-d'] : ['pg_restore', '-1', '-d'];
    const loaded = spawnSync(program[0] ?? '', [...program.slice(1), cluster.url(database)], { input: stdout });
    expect(loaded.status).toBe(0);
    expect(await contentsOf(cluster, database)).toBe(source);
    expect(through('--archive-password', 'wrong')).toMatchObject({ status: 1, stdout: Buffer.alloc(0) });
  });
});

test('a terminal has to type the name of the database before it is emptied', async () => {
  const account = accountWith('sql');
  await cluster.createDatabase('target');
  await cluster.sql('target', 'create table precious (n int)');
  using terminal = openTerminal({ ...account.env, PATH: `${process.env['PATH']}` });
  const command = `node '${PGBAK}' restore shop --clean --to '${cluster.url('target')}'`;
  terminal.enter(`clear; ${command}`);
  expect(await terminal.shows('To replace it, type its name')).toMatch(/everything in it is replaced: 1 table /);
  terminal.enter('shop');
  await terminal.shows('That is not its name.');
  terminal.enter('shop');
  await terminal.shows('the name was not typed, and nothing was changed');
  expect(await tablesIn('target')).toBe('precious');
  terminal.enter(`clear; ${command}`);
  await terminal.shows('To replace it, type its name');
  terminal.enter('target');
  await terminal.shows(/Restored backup 1 of shop, made .* into\s+target/);
  expect(await contentsOf(cluster, 'target')).toBe(source);
});

test('of a binary backup parts come back, and all of it by several jobs', async () => {
  const account = accountWith('binary');
  const all = newName();
  const { status, stderr } = await restore(account, all, '--create', '--jobs', '2');
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/by 2 jobs, not in one/) });
  expect(await contentsOf(cluster, all)).toBe(source);

  const some = newName();
  await cluster.createDatabase(some);
  await cluster.sql(some, 'create table mine (n int)');
  expect(await restore(account, some, '--table', 'event_2025', '--table', 'event_2026')).toMatchObject({ status: 0 });
  expect(await tablesIn(some)).toBe('event_2025,event_2026,mine');
  // What is there already is not overwritten, and a name that is not in the dump is no success.
  expect(await restore(account, some, '--table', 'event_2025')).toMatchObject({ status: 1 });
  expect(await restore(account, some, '--table', 'evnt')).toMatchObject({ status: 1 });
  await cluster.sql(some, 'delete from event_2025');
  expect(await restore(account, some, '--table', 'event_2025', '--data-only')).toMatchObject({ status: 0 });
  expect(await cluster.sql(some, 'select count(*) from event_2025')).toBe(
    await cluster.sql('shop', 'select count(*) from event_2025'),
  );

  const empty = newName();
  expect(await restore(account, empty, '--create', '--schema-only', '--no-owner', '--no-privileges')).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^a part of backup/),
  });
  expect(await cluster.sql(empty, 'select count(*) from customer')).toBe('0');
});

test('a time without an offset is that of this machine; with --utc, or a Z, it is not', async () => {
  const account = accountWith('sql');
  const [{ startedAt } = { startedAt: '' }] = (await account.json('backups')) as { startedAt: string }[];
  const [day, time] = [startedAt.slice(0, 10), startedAt.slice(11, 16)];
  const at = async (when: string, zone: string, ...more: string[]) => {
    const file = account.folder.at(`${randomUUID()}.sql`);
    return (await account.start(['restore', 'shop', '--at', when, '--output', file, ...more], { TZ: zone }).finished)
      .status;
  };
  // In the east it is later already, so what is typed there was earlier.
  expect(await at(`${day} ${time}`, 'UTC')).toBe(0);
  expect(await at(`${day} ${time}`, 'Asia/Tokyo')).toBe(2);
  expect(await at(`${day}T${time}Z`, 'Asia/Tokyo')).toBe(0);
  expect(await at(`${day} ${time}`, 'Asia/Tokyo', '--utc')).toBe(0);
  expect(await at(`${day} ${time} UTC`, 'Asia/Tokyo')).toBe(0);
  expect(await at(day, 'UTC')).toBe(2);
});

test('a time that is still to come is no wish for the newest backup', async () => {
  const account = accountWith('sql');
  expect(await account.pgbak('restore', 'shop', '--at', '2999-01-01', '--stdout', '--utc')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /^pgbak: --at 2999-01-01 is still to come: it is \S+ \S+ UTC now\nFor the newest backup leave --at out\.\n$/,
    ),
  });
});

test.each([
  [['--table', 'customer'], /can only be restored as a whole and by one job/],
  [['--jobs', '4'], /can only be restored as a whole and by one job/],
  [['--data-only'], /can only be restored as a whole and by one job/],
  [['--create', '--clean'], /choose one/],
])('of an SQL backup %j is refused', async (flags, message) => {
  const account = accountWith('sql');
  const database = newName();
  expect(await restore(account, database, ...flags)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(message),
  });
  expect(await exists(database)).toBe(false);
});

test.each([
  [['--table', 'customer'], '--table', 'pg_restore --table customer --file part.sql shop.dump'],
  [['--schema', 'sales', '--data-only'], '--schema', 'pg_restore --schema sales --data-only --file part.sql shop.dump'],
  [['--schema-only'], '--schema-only', 'pg_restore --schema-only --file part.sql shop.dump'],
  [['--jobs', '4'], '--jobs', 'Leave --jobs out: pgbak restore shop --at 1 --output shop.dump'],
])('%j is not ignored where the dump goes to a file', async (flags, flag, hint) => {
  const account = accountWith('binary');
  const file = account.folder.at('part.dump');
  for (const into of [['--output', file], ['--stdout']]) {
    expect(await account.pgbak('restore', 'shop', ...into, ...flags)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(`a file holds the whole dump: ${flag} works only with --to\n`),
    });
  }
  expect((await account.pgbak('restore', 'shop', '--output', file, ...flags)).stderr).toContain(hint);
  expect(existsSync(file)).toBe(false);
});
