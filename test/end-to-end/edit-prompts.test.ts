import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

let cluster: Cluster;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table noise as select md5(random()::text || n) from generate_series(1, 2000) as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

describe.each([60, 120])('in a terminal of %i columns', (width) => {
  const fits = (screen: string) => expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);

  test('edit shows the same page, says what is kept, and tells what was changed', async () => {
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination,
      'archive-password': 'archive secret',
      'hc-url-success': 'https://hc-ping.com/uuid',
      'frequency-hrs': 12,
      compression: 'lzma2:5',
      'no-check': true,
    });
    await account.pgbak('run');
    using terminal = openTerminal(account.env, width);
    terminal.enter('pgbak edit');
    await terminal.shows('Edit which server?');
    terminal.press('Enter');
    await terminal.shows(/Settings of shop[\s\S]*Backed up +every 12 h[\s\S]*Compression +lzma2:5/);
    terminal.press('Enter');
    await terminal.shows(/\? Connection string \(postgresql:\/\/[\s\S]*; Enter keeps it\)/);
    terminal.press('Enter');
    await terminal.shows('❯ Save');
    terminal.type('Encryption');
    terminal.press('Enter');
    await terminal.shows(/\? Archive password \(set; Enter keeps it,\s+-\s+removes it\)/);
    terminal.enter('second secret');
    await terminal.shows('Archive password, once more');
    terminal.enter('second secret');
    await terminal.shows(/Keep the present password, to open the backups that\s+were\s+made\s+with\s+it\?/);
    terminal.press('Enter');
    await terminal.shows(/❯ Save[\s\S]*Old passwords +1, for earlier backups/);
    terminal.type('Health');
    terminal.press('Enter');
    await terminal.shows('Tell a health check of each backup');
    terminal.press('Up', 'Enter');
    await terminal.shows(/❯ Save[\s\S]*Health checks +none/);
    terminal.type('Left out');
    terminal.press('Enter');
    await terminal.shows('Tables left out');
    terminal.enter('audit_*, "odd, name"');
    await terminal.shows('Tables whose rows are left out');
    terminal.press('Enter');
    await terminal.shows('Schemas left out');
    terminal.press('Enter');
    await terminal.shows('Dump large objects?');
    terminal.press('Enter');
    await terminal.shows(/❯ Save[\s\S]*Left out +tables audit_\*, "odd, name"/);
    terminal.press('Enter');
    const screen = await terminal.shows('ping URL for success removed');
    expect(screen).toMatch(/shop: archive password changed\. New backups are encrypted\s+with\s+it/);
    expect(screen).toMatch(/tables left out: audit_\* added, "odd, name"\s+added/);
    expect(screen).not.toMatch(/archive secret|second secret|superuser|uuid/);
    fits(screen);
    await account.pgbak('destination', 'add', 'nas', `file:${account.folder.at('nas')}`, '--create-destination');
    terminal.enter('clear; pgbak edit shop');
    await terminal.shows('Settings of shop');
    terminal.type('Stored in');
    terminal.press('Enter');
    await terminal.shows(/❯◉ file:[\s\S]*◯ nas, which is file:[\s\S]*◯ another place: Backblaze B2/);
    terminal.press('Space');
    await terminal.shows('❯◯ file:');
    terminal.press('Enter');
    await terminal.shows(/> Mark one place or several with the space\s+bar/);
    terminal.press('Space', 'Down', 'Space');
    await terminal.shows('❯◉ nas');
    terminal.press('Enter');
    await terminal.shows('? Primary place');
    terminal.press('Down', 'Enter');
    fits(await terminal.shows(/❯ Save[\s\S]*Stored in +nas \(file:/));
    terminal.press('Enter');
    await terminal.shows(/destination file:.*->\s+nas, file:/);
    terminal.enter('clear; pgbak edit shop');
    await terminal.shows('Settings of shop');
    terminal.type('Cancel');
    terminal.press('Enter');
    await terminal.shows('pgbak: nothing was changed');
  });
});

describe('the page', () => {
  test('asks again for a reference that leads nowhere, and says which backups stay where they are', async () => {
    const old = account.folder.at('old');
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination: `file:${old}` });
    await account.pgbak('run');
    using terminal = openTerminal(account.env);
    terminal.enter('clear; pgbak edit shop; echo status $?');
    await terminal.shows('Settings of shop');
    terminal.type('Encryption');
    terminal.press('Enter');
    await terminal.shows('? Archive password');
    terminal.enter('env:NOT_SET');
    await terminal.shows(/✖ .*NOT_SET, which\s+is\s+not\s+set[^]*Keep it although it failed\?/);
    terminal.enter('n');
    await terminal.shows(/\? Archive password \*+/);
    terminal.press('C-u');
    terminal.enter(`file:${account.folder.at('none')}`);
    await terminal.shows(/does\s+not\s+exist[^]*Keep it although it failed\?/);
    terminal.enter('y');
    await terminal.shows(/✔ Change: Encryption[^]*Encryption +AES-256, password from file:/);
    terminal.type('Stored in');
    terminal.press('Enter');
    await terminal.shows('Store the archives in');
    terminal.press('Enter');
    await terminal.shows('? Directory');
    terminal.press('C-u');
    terminal.type('new');
    await terminal.shows('> begin with /, such as /srv/backups');
    terminal.press('C-u');
    terminal.enter(account.folder.at('new'));
    await terminal.shows(/does\s+not\s+exist\.\s+Create\s+it\?/);
    terminal.enter('y');
    await terminal.shows(/Created \S+new/);
    await terminal.shows(/✔ Change: Stored in[^]*❯ Save/);
    terminal.press('C-c');
    await terminal.shows(/Nothing was changed\.\s+status 130/);
    const { stdout } = await account.pgbak('edit', 'shop', '--destination', account.folder.at('new'));
    expect(stdout).toContain(`1 backup stays in file:${old}; pgbak restores it from there\n`);
  });
});

describe('flags', () => {
  test('offer to keep the present password also where a flag gives another', async () => {
    await account.add({
      name: 'shop',
      'connection-string': cluster.url('shop'),
      destination: `file:${account.folder.at('backups')}`,
      'archive-password': 'archive secret',
    });
    await account.pgbak('run');
    using terminal = openTerminal(account.env);
    terminal.enter('pgbak edit shop --archive-password "second secret"');
    await terminal.shows('Keep the present password, to open the backups that were made with it?');
    terminal.press('Enter');
    await terminal.shows('earlier archive passwords: 0 -> 1');
  });
});
