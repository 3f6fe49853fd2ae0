import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const reader = { user: 'reader', password: 'reader' };
let cluster: Cluster;
let account: Account;
let shop: Record<string, string>;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('postgres', "create role reader login password 'reader'");
  await cluster.sql('shop', 'create table diary as select 1 as n; create table logbook as select 2 as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
  shop = {
    'min-size': '1',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
  };
});
afterEach(() => account[Symbol.dispose]());

const NOT_SET = /^pgbak: the (.*) refers to the environment variable (\w+), which is not set\n/;

describe('a reference', () => {
  test('to the connection string tells the database to call the server by', async () => {
    const { status, stdout } = await account.start(
      ['add', '--connection-string=env:SHOP_URL', `--destination=${shop['destination']}`, '--create-destination'],
      { SHOP_URL: cluster.url('shop') },
    ).finished;
    expect(status).toBe(0);
    expect(stdout).toMatch(/Added server 1: shop\n/);
  });

  test('that leads nowhere is named, with the way to do without it', async () => {
    const { status, stderr } = await account.add({ ...shop, 'connection-string': 'env:SHOP_URL' });
    expect(status).toBe(2);
    expect(stderr).toBe(
      'pgbak: the connection string refers to the environment variable SHOP_URL, which is not set\n' +
        'Set it where pgbak is started; cron and systemd do not read your shell profile. Or name the server and store it untried: --name shop --no-check\n',
    );
  });

  test.each<[Record<string, string>, string, string]>([
    [{ 'archive-password': 'env:NO_PASSWORD' }, 'archive password', 'NO_PASSWORD'],
    [{ 'earlier-archive-password': 'env:OLD_PASSWORD' }, 'earlier archive password', 'OLD_PASSWORD'],
    [{ 'b2-app-key': 'env:NO_KEY' }, 'B2 application key', 'NO_KEY'],
    [{ 'hc-url': 'env:NO_CHECK' }, 'ping URL for the start', 'NO_CHECK'],
    [{ 'hc-url-verify': 'env:NO_VERIFY' }, 'ping URL for verifications', 'NO_VERIFY'],
  ])('is tried by add and edit: %j', async (flags, label, variable) => {
    const { status, stderr } = await account.add({ ...shop, ...flags });
    expect(status).toBe(2);
    expect(stderr.match(NOT_SET)?.slice(1)).toEqual([label, variable]);
    expect(stderr).toMatch(/Or, to store it without trying it: --no-check\n$/);
    expect(existsSync(account.catalogPath)).toBe(false);

    await account.add(shop);
    const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const edited = await account.pgbak('edit', 'shop', ...words);
    expect(edited.status).toBe(2);
    expect(edited.stderr).toMatch(NOT_SET);

    const untried = await account.pgbak('edit', 'shop', ...words, '--no-check');
    expect(untried.status).toBe(0);
    expect(untried.stderr).toMatch(
      new RegExp(
        `^pgbak: warning: shop: the ${label} refers to the environment variable ${variable}, which is not set`,
      ),
    );
  });

  test('to a file that is not there is named by the file', async () => {
    const file = account.folder.at('password');
    const flags = { ...shop, 'archive-password': `file:${file}` };
    expect((await account.add(flags)).stderr).toMatch(
      `pgbak: the archive password refers to the file ${file}, which does not exist\n`,
    );
    writeFileSync(file, 'archive secret\n');
    expect(await account.add(flags)).toMatchObject({ status: 0 });
  });

  test('of one server is no warning under another', async () => {
    account.env['PGBAK_CATALOG_COPY'] = 'on';
    await account.add({ ...shop, name: 'good' });
    await account.pgbak(
      'add',
      ...flagsOf({ ...shop, name: 'bad', 'archive-password': 'env:NO_PASSWORD' }),
      '--no-check',
    );
    const results = await account.results('--force', '--server', 'good');
    expect(results).toMatchObject([{ name: 'good', status: 'success', warnings: [] }]);
    const { stderr } = await account.pgbak('run', '--force', '--server', 'good');
    expect(stderr).toMatch(/bad: .*the copy of the catalogue holds no secrets: the archive password refers to/);
    expect(stderr).not.toMatch(/good: .*NO_PASSWORD/);
  });
});

const flagsOf = (flags: Record<string, string>) => Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);

describe('what doctor checks of a server, add checks before it stores one', () => {
  test('the rights of the role', async () => {
    const flags = { ...shop, 'connection-string': cluster.url('shop', reader) };
    const { status, stderr } = await account.add(flags);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^pgbak: the role cannot read all of public\.diary, public\.logbook\nGRANT pg_read_all_data/,
    );
    expect(await account.json('list')).toEqual([]);
    expect(await account.pgbak('add', ...flagsOf(flags), '--exclude-table=*')).toMatchObject({ status: 0 });
  });

  test('that the connection string names the database', async () => {
    await cluster.createDatabase('reader');
    const url = cluster.url('', reader);
    const nameless = await account.add({ ...shop, 'connection-string': url });
    expect(nameless.status).toBe(2);
    expect(nameless.stderr).toMatch(
      /^pgbak: the connection string names no database, so the name of the server is missing/,
    );
    const { status, stdout } = await account.add({ ...shop, 'connection-string': url, name: 'all' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /warning: the connection string names no database, so "reader" is backed up, as libpq takes it/,
    );
  });
});

describe('one health check', () => {
  test('is set, kept and cleared by --hc-url, and single URLs win over it', async () => {
    await account.add({ ...shop, 'hc-url': 'https://hc.example/one', 'hc-url-fail': 'https://hc.example/other' });
    const { stdout } = await account.pgbak('doctor');
    expect(stdout).toMatch(/ping URLs for start, success, fail are well formed/);
    expect(await account.json('edit', 'shop', '--hc-url=')).toMatchObject({
      changes: ['hc-url-start', 'hc-url-success', 'hc-url-fail'].map((name) => ({ name, change: 'removed' })),
    });
    expect((await account.add({ ...shop, name: 'x', 'hc-url': 'hc.example/uuid-1' })).stderr).toMatch(
      /^pgbak: a ping URL must begin with https/,
    );
  });
});

describe('another archive password', () => {
  test('is told with what it means for the backups that are there, and the old one is kept', async () => {
    await account.add({ ...shop, 'archive-password': 'first secret' });
    await account.pgbak('run');
    expect((await account.pgbak('edit', 'shop', '--archive-password=second secret')).stdout).toBe(
      'shop: archive password changed. New backups are encrypted with it; earlier ones need the old password.\n' +
        'To keep it for the stored backup: pgbak edit shop --earlier-archive-password file:/path\n',
    );
    expect((await account.pgbak('edit', 'shop', '--earlier-archive-password=first secret')).stdout).toBe(
      'shop: earlier archive passwords: 0 -> 1\n',
    );
    account.env['ARCHIVE_PASSWORD'] = 'third secret';
    const both = ['--archive-password=', '--earlier-archive-password=second secret'];
    expect((await account.pgbak('edit', 'shop', ...both)).stdout).toBe(
      'shop: archive password removed; ARCHIVE_PASSWORD applies. New backups are encrypted with ARCHIVE_PASSWORD; earlier ones are opened with the earlier password, which is kept.\n' +
        'shop: earlier archive passwords: 1 -> 2\n',
    );
  });
});
