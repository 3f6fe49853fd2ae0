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

describe.each([60, 120])('in a terminal of %i columns, add', (width) => {
  const fits = (screen: string) => expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);

  test('shows examples, judges while one types, keeps what was typed, and ends with a page', async () => {
    using terminal = openTerminal(account.env, width);
    terminal.enter('pgbak add');
    expect(await terminal.shows('Connection string')).toMatch(/for example: postgresql:\/\/app:password@db\.example/);
    terminal.type('postgresql://app@db.example:port/shop');
    await terminal.shows(/> .*port/);
    terminal.press('C-u');
    const url = cluster.url('shop');
    terminal.enter(url.replace(`:${cluster.port}/`, ':1/'));
    await terminal.shows(/Connection\s+refused/);
    terminal.enter('n');
    // The string stands there again, masked, and only its port is mended.
    await terminal.shows(/\? Connection string \*{20,}/);
    for (let index = 0; index < '1/shop'.length; index += 1) terminal.press('BSpace');
    terminal.type(`${cluster.port}/shop`);
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
    await terminal.shows('Store the archives in');
    terminal.press('Enter');
    await terminal.shows(/\? B2 key id/);
    terminal.enter(server.masterKey.id);
    await terminal.shows(/\? B2 application key/);
    terminal.enter('K005wrong');
    await terminal.shows('from B2_BUCKET');
    terminal.press('Enter');
    // A wrong key is found out now, not in the night, and nothing else is asked again.
    await terminal.shows(/does not accept the\s+application\s+key/);
    terminal.enter('n');
    await terminal.shows(new RegExp(`\\? B2 key id ${server.masterKey.id}`));
    terminal.press('Enter');
    await terminal.shows(/\? B2 application key \*{9}/);
    terminal.press('C-u');
    terminal.enter(server.masterKey.key);
    await terminal.shows(/Storage: archives can go to\s+b2:pgbak-bucket\/my shop\.sql\.7z/);

    await terminal.shows(/\? Frequency 24h/);
    terminal.press('C-u');
    terminal.type('0');
    await terminal.shows('whole hours, such as 6, or 6h, 1d, 1w');
    terminal.press('C-u');
    terminal.enter('1w');
    await terminal.shows(/\? Archive password \(none: NOT encrypted\)/);
    terminal.enter('one');
    await terminal.shows('Archive password, once more');
    terminal.enter('two');
    await terminal.shows('The two passwords are not the same');
    terminal.enter('archive secret');
    await terminal.shows(/\? Archive password, once more/);
    terminal.enter('archive secret');
    await terminal.shows('Health check URL');
    terminal.type('hc-ping.com/uuid');
    await terminal.shows('a ping URL must begin with https://');
    terminal.press('C-u');
    terminal.enter('https://hc-ping.com/uuid');

    const page = await terminal.shows('Time limits');
    for (const line of [
      /Database +shop on 127\.0\.0\.1/,
      /Stored in +b2:pgbak-bucket/,
      /Backed up +every 168 h/,
      /Encryption +AES-256, password stored in the catalogue/,
      /Health checks +told of start, success, failure/,
      /Compression +lzma2:1/,
      /Kept +everything/,
    ]) {
      expect(page).toMatch(line);
    }
    terminal.type('Compression');
    terminal.press('Enter');
    await terminal.shows(/Any 7-Zip opens it\./);
    terminal.press('Down');
    await terminal.shows(/a\s+third of its processor time/);
    terminal.press('Enter');
    await terminal.shows(/❯ Add it[\s\S]*Compression +zstd:3/);
    terminal.type('Kept');
    terminal.press('Enter');
    await terminal.shows('Which backups to keep');
    terminal.press('Down', 'Enter');
    await terminal.shows(/Remove the others after each good\s+backup\?/);
    terminal.press('Enter');
    await terminal.shows(/❯ Add it[\s\S]*Kept +7 daily, 4 weekly, 12 monthly/);
    terminal.press('Enter');
    const screen = await terminal.shows(/Added server 1: my shop[\s\S]*pgbak\s+run 'my shop'/);
    expect(screen).not.toMatch(/archive secret|superuser|K005/);
    fits(screen);
    expect(await account.json('list')).toMatchObject([
      { id: 1, name: 'my shop', frequencyHrs: 168, compression: 'zstd:3', encryption: 'record', b2: 'mixed' },
    ]);
    terminal.enter('clear; pgbak run');
    await terminal.shows(/✔ my shop: .* stored/);
  });

  test('by Enter alone stores the defaults in a directory that it makes, and says what is lacking', async () => {
    account.env['PGBAK_DESTINATION'] = `file:${account.folder.at('backups')}`;
    using terminal = openTerminal(account.env, width);
    terminal.enter('pgbak add');
    await terminal.shows('Connection string');
    terminal.enter(cluster.url('').replace(/\/$/, ''));
    await terminal.shows(/names no database\. Which\s+one\?/);
    terminal.type('shop');
    await terminal.shows(/❯ shop {2}\d+\.\d MB/);
    terminal.press('Enter');
    await terminal.shows('? Name shop');
    terminal.press('Enter');
    await terminal.shows('Store the archives in');
    terminal.press('Enter');
    await terminal.shows('? Directory /');
    terminal.press('Enter');
    await terminal.shows(/does\s+not\s+exist\.\s+Create\s+it\?/);
    terminal.enter('y');
    for (const question of ['? Frequency 24h', '? Archive password', '? Health check URL', '❯ Add it']) {
      await terminal.shows(question);
      terminal.press('Enter');
    }
    const screen = await terminal.shows('Added server 1: shop');
    expect(screen).toMatch(/warning: the archives of shop are NOT\s+encrypted/);
    expect(screen).toMatch(/warning: no health check is set/);
    fits(screen);
    expect(await account.results()).toMatchObject([{ name: 'shop', status: 'success' }]);
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
      'pgbak add --no-check --connection-string postgresql://db.example/shop --name shop --destination file:/srv/backups --archive-password env:PW --hc-url https://hc-ping.com/uuid',
    );
    const screen = await terminal.shows('? Frequency 24h');
    expect(screen.match(/^\?/gm)).toHaveLength(1);
    terminal.press('Enter');
    await terminal.shows('❯ Add it');
    terminal.press('Enter');
    await terminal.shows('Added server 1: shop');
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
    await terminal.shows('It has no archives in storage.');
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
