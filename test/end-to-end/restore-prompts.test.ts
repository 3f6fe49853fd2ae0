import { spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

let cluster: Cluster;
let account: Account;
let count = 0;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table noise as select md5(random()::text || n) from generate_series(1, 2000) as n');
  // A restore changes nothing in the account that it is made from: one serves all tests.
  account = newAccount();
  account.env['TZ'] = 'Europe/Berlin';
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination });
  expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
  expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
  expect(await account.pgbak('verify', 'shop', '--at', '1')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});

const rowsIn = (database: string) => cluster.sql(database, 'select count(*) from noise');

/** Chooses the second choice of a list. */
async function second(terminal: Terminal, question: RegExp): Promise<void> {
  await terminal.shows(question);
  terminal.press('Down', 'Enter');
}

describe.each([60, 120])('in a terminal of %i columns, restore', (width) => {
  test('asks for server, backup and new database, tells the plan, and how to do it again', async () => {
    const [taken, made] = [`taken_${(count += 1)}`, `made_${count}`];
    await cluster.createDatabase(taken);
    using terminal = openTerminal(account.env, width);
    terminal.enter('clear; pgbak restore; echo status $?');
    await terminal.shows('? Restore which server?');
    terminal.press('Enter');
    const list = await terminal.shows('? Which backup of shop?');
    expect(list).toMatch(/❯ 20\S+ \S+ \+0[12]:00 {2}[\d.]+ kB {2}(just now|1 minute ago)/);
    expect(list).toMatch(/^Backup 2, .*, sql, not verified/m);
    terminal.press('Down');
    await terminal.shows(/^Backup 1, .*, verified .* at level\s+archive/m);
    terminal.press('Enter');
    await terminal.shows('? Restore it into');
    terminal.press('Enter');
    await terminal.shows('? On which database server?');
    terminal.press('Enter');
    await terminal.shows('? Name of the new database shop_restored');
    terminal.press('C-u');
    terminal.enter(taken);
    await terminal.shows(/✖ there is a database .* already\n\? Name of the new database taken/);
    terminal.press('C-u');
    terminal.press('Enter');
    await terminal.shows('> this is needed');
    terminal.enter(made);
    await terminal.shows(/backup 1 of shop, made 20[^]*Restore it now\?/);
    terminal.press('Enter');
    const screen = await terminal.shows(/The same without questions:[^]*status 0/);
    expect(screen.replaceAll(/\s+/g, ' ')).toContain('pgbak restore shop --at 1 --create --to');
    expect(screen).toMatch(/Restored backup 1 of shop, made 20/);
    expect(screen).not.toContain('superuser');
    expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);
    expect(await rowsIn(made)).toBe('2000');
  });
});

describe('in a terminal of 60 columns, restore', () => {
  const width = 60;

  test('corrects a connection string, and replaces a database only when its name is typed', async () => {
    const full = `full_${(count += 1)}`;
    await cluster.createDatabase(full);
    await cluster.sql(full, 'create table precious (n int)');
    using terminal = openTerminal(account.env, width);
    terminal.enter('clear; pgbak restore shop --at 2; echo status $?');
    await second(terminal, /\? Restore it into/);
    await second(terminal, /\? On which database server\?/);
    await terminal.shows('? Connection string');
    terminal.type('postgresql://127.0.0.1:1');
    await terminal.shows('> name the database, such as');
    terminal.enter(`/${full}`);
    await terminal.shows(/✖ cannot connect to full[^]*\? Connection string \*+/);
    terminal.press('C-u');
    terminal.enter(cluster.url('absent'));
    await terminal.shows(/✖ there is no database absent[^]*Make a new database of that name\?/);
    terminal.enter('n');
    await terminal.shows(/Make a new database of that name\? No[^]*\? Connection string \*+/);
    terminal.press('C-u');
    terminal.enter(cluster.url(full));
    await second(terminal, /is not empty: it holds 1 table[^]*\? What now\?/);
    await terminal.shows('To replace it, type its name');
    terminal.enter('shop');
    await terminal.shows('That is not its name.');
    terminal.enter('shop');
    await terminal.shows('status 2');
    expect(await cluster.sql(full, 'select count(*) from precious')).toBe('0');

    terminal.enter('clear; pgbak restore shop --at 2 --clean; echo status $?');
    await terminal.shows('? On which database server?');
    terminal.press('Enter');
    await terminal.shows('? Name of the database');
    terminal.enter(full);
    await terminal.shows('To replace it, type its name');
    terminal.enter(full);
    const screen = await terminal.shows(/The same without questions:[^]*status 0/);
    expect(screen.replaceAll(/\s+/g, ' ')).toMatch(/pgbak restore shop --at 2 --clean --to .* --yes/);
    expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);
    expect(await rowsIn(full)).toBe('2000');
  });

  test('says after ctrl-c what was restored, and which step failed', async () => {
    const made = `made_${(count += 1)}`;
    using terminal = openTerminal(account.env, width);
    terminal.enter('clear; pgbak restore shop --at 1 --create; echo status $?');
    await terminal.shows('? On which database server?');
    terminal.press('C-c');
    await terminal.shows(/Nothing was restored\.\s+status 130/);
    terminal.enter('clear; pgbak restore shop --at 1 --create; echo status $?');
    await terminal.shows('? On which database server?');
    terminal.press('Enter');
    await terminal.shows('? Name of the new database');
    terminal.press('C-u');
    terminal.enter(made);
    await terminal.shows('Restore it now?');
    terminal.press('C-c');
    await terminal.shows(/Nothing was restored; made_\d+ on \S+\s+was\s+not\s+made\.\s+status 130/);

    renameSync(account.folder.at('backups'), account.folder.at('elsewhere'));
    terminal.enter(`clear; pgbak restore shop --at 1 --create --to '${cluster.url(made)}'; echo status $?`);
    const screen = await terminal.shows(/status 1$/m);
    expect(screen).toMatch(/^✖ fetching shop\.sql\.7z/m);
    expect(screen).not.toContain('✔');
    renameSync(account.folder.at('elsewhere'), account.folder.at('backups'));
  });

  test('writes a file that is not there, in a directory that is', async () => {
    using terminal = openTerminal({ ...account.env, HOME: account.folder.path }, width);
    terminal.enter('cd; clear; pgbak restore shop --at 1; echo status $?');
    await terminal.shows('? Restore it into');
    terminal.press('Down', 'Down', 'Enter');
    await terminal.shows('? File shop.sql');
    terminal.press('C-u');
    terminal.enter('/nowhere/x.sql');
    await terminal.shows(/✖ cannot write \/nowhere\/x\.sql: there is no\s+directory\s+\/nowhere\n\? File \/nowhere/);
    terminal.press('C-u');
    terminal.enter('~/backups');
    await terminal.shows(/is a directory\n\? File ~\/backups/);
    terminal.press('C-u');
    terminal.enter('~/it.sql');
    await terminal.shows('Restore it now?');
    terminal.enter('n');
    await terminal.shows(/nothing was restored\s+status 2/);
    expect(existsSync(account.folder.at('it.sql'))).toBe(false);
  });
});

test('without a terminal restore says what to give, with an example', async () => {
  expect(await account.pgbak('restore', 'shop')).toMatchObject({
    status: 2,
    stderr:
      'pgbak: say where to restore: --to URL (with --create for a new database), --output FILE or --stdout\nFor example: pgbak restore shop --output shop.sql\n',
  });
});

test.each([
  ['a missing database', [], 'there is no database', 'To make it: --create'],
  [
    'a missing database to make it from',
    ['--create', '--maintenance-db', 'gone'],
    'there is no database gone on',
    '--maintenance-db NAME',
  ],
])('%s is said with what to do {gone@connect}', async (_, more, message, hint) => {
  const { status, stderr } = await account.pgbak('restore', 'shop', '--to', cluster.url('absent'), ...more);
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
  expect(stderr).toContain(hint);
  expect(stderr).not.toContain('renamed or dropped');
});

test.each([
  ['is a directory', () => account.folder.path, /is a directory\nName a file in it: --output/],
  ['is in no directory', () => account.folder.at('no/x.sql'), /^pgbak: cannot write \S+: there is no directory /m],
])('an --output that %s is refused before anything is fetched {gone@load}', async (_, path, message) => {
  const { status, stderr } = await account.pgbak('restore', 'shop', '--output', path());
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  expect(stderr).not.toContain('fetching');
});

test('a dump that would go to a closed standard output is no success {output@load}', () => {
  const restore = (redirection: string) =>
    spawnSync('sh', ['-c', `"$0" "$1" restore shop --stdout ${redirection}`, process.execPath, PGBAK], {
      env: account.env,
      encoding: 'utf8',
    });
  expect(restore('>&-')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^pgbak: standard output is closed, and the dump would go nowhere\n/),
  });
  expect(restore('> /dev/null')).toMatchObject({ status: 0 });
});
