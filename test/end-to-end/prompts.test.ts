import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

let cluster: Cluster;
let server: B2Server;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  server = await startB2Server();
  server.createBucket('pgbak-bucket');
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table noise as select md5(random()::text || n) from generate_series(1, 2000) as n');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(() => {
  account = newAccount({ B2_API_URL: server.url, B2_BUCKET: 'pgbak-bucket' });
});
afterEach(() => account[Symbol.dispose]());

describe.each([60, 80, 200])('in a terminal of %i columns, add', (width) => {
  test('asks, judges while one types, tries connection and storage, and stores', async () => {
    using terminal = openTerminal(account.env, width);
    terminal.enter('pgbak add');
    await terminal.shows('Connection string');
    terminal.type('postgresql://app@db.example:port/shop');
    await terminal.shows(/> .*port/);
    terminal.press('C-u');
    terminal.type(cluster.url('shop'));
    expect(await terminal.shows('ctrl-t shows it')).not.toContain('superuser');
    terminal.press('C-t');
    await terminal.shows('superuser');
    terminal.press('Enter');
    const connected = await terminal.shows(/\? Name/);
    expect(connected).toMatch(/Connected: database\s+shop, .*MB,\s+PostgreSQL \d+/);
    expect(connected).not.toContain('superuser');

    terminal.press('C-u');
    terminal.type('42');
    await terminal.shows(/would be taken for an\s+id/);
    terminal.press('C-u');
    terminal.enter('my shop');
    await terminal.shows('Hours between backups');
    terminal.press('C-u');
    terminal.type('0');
    await terminal.shows('a whole number of hours, 1 or more');
    terminal.press('C-u');
    terminal.enter('6');
    await terminal.shows('Store the archives in');
    terminal.press('Enter');
    await terminal.shows('B2 key id');
    terminal.enter(server.masterKey.id);
    await terminal.shows('B2 application key');
    terminal.enter('K005wrong');
    await terminal.shows('from B2_BUCKET');
    terminal.press('Enter');
    await terminal.shows('? Archive name');
    terminal.press('Enter');
    // A wrong key is found out now, not in the night.
    await terminal.shows(/does not accept the application\s+key/);
    await terminal.shows('Go on with it all the same?');
    terminal.enter('n');
    await terminal.shows(/\? Store the archives in/);
    terminal.press('Enter');
    await terminal.shows(/\? B2 key id/);
    terminal.enter(server.masterKey.id);
    await terminal.shows(/\? B2 application key/);
    terminal.enter(server.masterKey.key);
    await terminal.shows(/\? B2 bucket/);
    terminal.press('Enter');
    await terminal.shows(/\? Archive name/);
    terminal.press('Enter');
    await terminal.shows(/Storage: b2:pgbak-bucket would take\s+my shop\.sql\.7z/);

    await terminal.shows('Archive password');
    terminal.enter('one');
    await terminal.shows('The same again');
    terminal.enter('two');
    await terminal.shows('The two are not the same');
    terminal.enter('archive secret');
    await terminal.shows(/\? The same again/);
    terminal.enter('archive secret');
    await terminal.shows('Ping URL for success');
    terminal.type('hc-ping.com/uuid');
    await terminal.shows('is not a http:// or https:// address');
    terminal.press('C-u');
    terminal.enter('https://hc-ping.com/uuid');
    await terminal.shows('Ping URL for failure');
    terminal.press('Enter');
    await terminal.shows('Ping URL for the start');
    terminal.press('Enter');
    const screen = await terminal.shows('Added server 1: my shop');
    expect(screen).not.toMatch(/archive secret|superuser|K005/);
    expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);

    expect(await account.json('list')).toMatchObject([
      {
        id: 1,
        name: 'my shop',
        frequencyHrs: 6,
        archiveName: 'my shop',
        encryption: 'record',
        b2: 'mixed',
        destination: 'b2:pgbak-bucket',
      },
    ]);
    terminal.enter('clear; pgbak run');
    await terminal.shows(/✔ my shop: .* stored as/);
  });
});

describe('prompts', () => {
  test('ctrl-c leaves nothing half stored', async () => {
    using terminal = openTerminal(account.env);
    terminal.enter('pgbak add --no-check; echo status $?');
    await terminal.shows('Connection string');
    terminal.enter('postgresql://app@db.example/shop');
    await terminal.shows('? Name');
    terminal.press('C-c');
    await terminal.shows('status 130');
    expect(await account.json('list')).toEqual([]);
  });

  test('ask only for what flags left out', async () => {
    using terminal = openTerminal(account.env);
    terminal.enter(
      'pgbak add --no-check --connection-string postgresql://db.example/shop --name shop --destination file:/srv/backups --archive-name shop --archive-password env:PW --hc-url-success https://hc-ping.com/uuid --hc-url-fail https://hc-ping.com/uuid/fail --hc-url-start https://hc-ping.com/uuid/start',
    );
    const screen = await terminal.shows('Hours between backups');
    expect(screen.match(/^\?/gm)).toHaveLength(1);
    terminal.press('Enter');
    await terminal.shows('Added server 1: shop');
  });

  test('edit shows what is set, and changes only what was changed', async () => {
    await account.add({
      name: 'shop',
      'connection-string': 'postgresql://app:s3cret@db.example/shop',
      destination: 'file:/srv/backups',
      'archive-password': 'archive secret',
      'hc-url-success': 'https://hc-ping.com/uuid',
      'frequency-hrs': 12,
      compression: 'lzma2:5',
      'no-check': true,
    });
    using terminal = openTerminal(account.env);
    terminal.enter('pgbak edit --no-check');
    await terminal.shows('Edit which server?');
    terminal.press('Enter');
    await terminal.shows('Connection string (set; Enter keeps it)');
    terminal.press('Enter');
    await terminal.shows('? Name shop');
    terminal.press('Enter');
    await terminal.shows('? Hours between backups 12');
    terminal.press('BSpace', 'BSpace', '8', 'Enter');
    await terminal.shows('? Store the archives in');
    terminal.press('Enter');
    await terminal.shows('? Directory /srv/backups');
    terminal.press('Enter');
    await terminal.shows('? Archive name shop');
    terminal.press('Enter');
    await terminal.shows('Archive password (set; Enter keeps it, - clears it)');
    terminal.press('Enter');
    await terminal.shows('? Ping URL for success (set;');
    terminal.enter('-');
    await terminal.shows('? Ping URL for failure');
    terminal.press('Enter');
    await terminal.shows('? Ping URL for the start');
    terminal.press('Enter');
    const screen = await terminal.shows('shop: ping URL for success removed');
    expect(screen).not.toMatch(/s3cret|archive secret|uuid/);
    expect(await account.json('list')).toMatchObject([
      { frequencyHrs: 8, encryption: 'record', compression: 'lzma2:5', destination: 'file:/srv/backups' },
    ]);
  });

  test('del asks, takes no for an answer, and says what stays', async () => {
    await account.add({
      name: 'shop',
      'connection-string': 'postgresql://db.example/shop',
      destination: 'file:/srv/backups',
      'no-check': true,
    });
    using terminal = openTerminal(account.env);
    terminal.enter('pgbak del');
    await terminal.shows('Delete which server?');
    terminal.press('Enter');
    await terminal.shows('Its archives stay in file:/srv/backups as shop.sql.7z.');
    terminal.enter('n');
    await terminal.shows('nothing was deleted');
    expect(await account.json('list')).toHaveLength(1);
    terminal.enter('clear; pgbak del shop');
    await terminal.shows('Forget shop?');
    terminal.enter('y');
    await terminal.shows('Deleted shop.');
    expect(await account.json('list')).toEqual([]);
  });
});
