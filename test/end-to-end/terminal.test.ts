import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { openTerminal } from '../support/terminal.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql(
    'shop',
    'create table "Big Table" as select n, md5(random()::text) as t from generate_series(1, 400000) as n; create table other (n int); analyze',
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const CSI = '\u001B[';

describe.each([60, 80, 200])('in a terminal of %i columns', (width) => {
  test('a run shows its phases, tables, bytes and rate, and one line remains', async () => {
    await using server = await startB2Server({ uploadBytesPerSecond: 4_000_000 });
    server.createBucket('pgbak-bucket');
    const { id, key } = server.masterKey;
    using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop') });
    using terminal = openTerminal(account.env, width);
    terminal.enter('pgbak run; echo status $?');
    await terminal.shows(/shop \d+ % of about \d+ MB, public\.Big Table/);
    await terminal.shows(/shop storing \d\d? % of \d+\.\d MB, \d+\.\d MB\/s/);
    const screen = await terminal.shows('status 0');
    expect(screen).toMatch(/✔ shop: \d+\.\d MB stored as\s+b2:pgbak-bucket\/shop\.sql\.7z in/);
    expect(screen).not.toMatch(/dumping|storing/);
  });

  test('tables fit', async () => {
    using account = newAccount();
    const destination = `file:${account.folder.at('a rather long directory for the backups', 'of all our databases')}`;
    await account.add({ name: 'shop of the company', 'connection-string': cluster.url('shop'), destination });
    await account.pgbak('run');
    await account.add({
      name: 'broken',
      'connection-string': 'postgresql://127.0.0.1:1/nothing',
      destination,
      'no-check': true,
    });
    await account.pgbak('run');
    using terminal = openTerminal(account.env, width);
    for (const [command, words] of [
      ['list', 'broken'],
      ['logs --limit 5', 'Connection refused'],
      ['backups', 'present'],
      ['status', 'FAILING'],
    ] as const) {
      // The word that ended the command before may still be on the screen.
      terminal.enter(`clear; pgbak ${command}; echo fin''ished ${command}`);
      const screen = await terminal.shows(`finished ${command}`);
      expect(screen.replaceAll(/\s+/g, '')).toContain(words.replaceAll(/\s+/g, ''));
      expect(screen.split('\n').filter((line) => line.length > width)).toEqual([]);
      // Something that is cut in the middle by the terminal itself begins the next line at its first column.
      expect(screen.split('\n').filter((line) => line.startsWith('backups/'))).toEqual([]);
    }
  });
});

describe('colors', () => {
  test('are on a terminal, and not where NO_COLOR or a pipe is', async () => {
    using account = newAccount();
    await account.add({
      name: 'broken',
      'connection-string': 'postgresql://127.0.0.1:1/nothing',
      destination: 'file:/srv',
      'no-check': true,
    });
    await account.pgbak('run');
    using terminal = openTerminal(account.env);
    terminal.enter("clear; pgbak status; echo fin''ished");
    await terminal.shows('finished');
    expect(terminal.screen({ colors: true })).toContain(`${CSI}31mFAILING`);
    terminal.enter("clear; NO_COLOR=1 pgbak status; echo fin''ished plain");
    await terminal.shows('finished plain');
    expect(terminal.screen({ colors: true })).not.toContain(`${CSI}31m`);
    expect((await account.pgbak('status')).stdout).not.toContain(CSI);
  });
});

test('empty states say what to type next', async () => {
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': 'postgresql:///shop', destination, 'no-check': true });
  await account.pgbak('del', 'shop', '--yes');
  const outputs = [
    await account.pgbak('list'),
    await account.pgbak('logs'),
    await account.pgbak('logs', '--failed'),
    await account.pgbak('backups'),
    await account.pgbak('status'),
  ];
  expect(outputs.map(({ status, stdout }) => [status, stdout.trim()])).toEqual([
    [0, 'No servers yet. Add one: pgbak add'],
    [0, 'No backups yet. Make one: pgbak run --force'],
    [0, 'No failed backups.'],
    [0, 'No restore points yet. Make one: pgbak run --force'],
    [0, 'No servers yet. Add one: pgbak add'],
  ]);
});

test('ctrl-c in the middle of a run ends it in order, and gives the terminal back', async () => {
  using account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder);
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination });
  using terminal = openTerminal(account.env);
  terminal.enter('pgbak run; echo status $?');
  await terminal.shows(/shop \d+ % of about \d+ MB, public\./);
  terminal.press('C-c');
  expect(await terminal.shows('status 130')).toMatch(
    /✖ shop: interrupted by SIGINT\s+Nothing was stored for it\. The next run backs it up\./,
  );
  terminal.enter('echo still here');
  await terminal.shows(/^still here/m);
  expect(await account.json('logs')).toMatchObject([{ success: false, error: 'interrupted by SIGINT' }]);
});
