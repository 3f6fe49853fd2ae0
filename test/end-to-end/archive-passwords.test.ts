import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { keepAccount, type KeptAccount } from '../support/kept-account.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { openTerminal } from '../support/terminal.ts';

const FIRST = 'the first password';
const SECOND = 'the second password';

let cluster: Cluster;
let account: Account;
let backedUp: KeptAccount;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table noise as select md5(random()::text || n) from generate_series(1, 2000) as n');
  account = newAccount();
  const added = await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': FIRST,
    'no-check': true,
  });
  expect(added).toMatchObject({ status: 0 });
  expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
  backedUp = keepAccount(account);
});
afterAll(async () => {
  backedUp[Symbol.dispose]();
  account[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
});
beforeEach(() => backedUp.bringBack());

const changeTo = async (password: string, ...more: string[]) =>
  expect(await account.pgbak('edit', 'shop', '--no-check', '--archive-password', password, ...more)).toMatchObject({
    status: 0,
  });
const out = () => account.folder.at('out.sql');

describe('an encrypted backup', () => {
  test('without a password says what to give, and is no bad backup {secret@load, secret@prove}', async () => {
    await changeTo('');
    const words =
      'backup 1 of shop is encrypted and no archive password is set\nGive the password it was made with: --archive-password - (asks for it), or env:NAME, or file:/path';
    expect(await account.pgbak('restore', 'shop', '--output', out())).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(new RegExp(`^pgbak: ${words.replaceAll(/[()]/g, '\\$&')}\n$`, 'm')),
    });
    expect(existsSync(out())).toBe(false);
    expect(await account.json('verify', 'shop')).toMatchObject([
      { verdict: 'unknown', message: words.replace('\n', '. ') },
    ]);
    expect(await account.pgbak('restore', 'shop', '--output', out(), '--archive-password', '-')).toMatchObject({
      status: 2,
      stderr:
        'pgbak: --archive-password - asks for it, and there is no terminal\nGive it as --archive-password env:NAME or --archive-password file:/path\n',
    });
  });

  test('opens with an earlier password, when verified and when restored {secret@load}', async () => {
    account.env['FIRST'] = FIRST;
    await changeTo(SECOND, '--earlier-archive-password', 'env:FIRST', '--earlier-archive-password', 'never used');
    expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
    for (const at of ['1', '2']) {
      expect(await account.json('verify', 'shop', '--at', at)).toMatchObject([{ verdict: 'good' }]);
    }
    expect(await account.pgbak('restore', 'shop', '--at', '1', '--output', out())).toMatchObject({ status: 0 });

    // One that is gone is named where no other opens it.
    delete account.env['FIRST'];
    expect(await account.pgbak('restore', 'shop', '--at', '1', '--stdout')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /none of the 2 archive passwords opens backup 1 of shop\nGive the password .*\nNot tried: an earlier archive password refers to the environment variable FIRST, which is not set\.\n$/,
      ),
    });
    expect(await account.json('verify', 'shop', '--at', '2')).toMatchObject([{ verdict: 'good' }]);
  });

  test.each(['password', 'Wrong', 'n', 'Cannot open'])(
    'stays a good backup where the wrong password is a word of 7-Zip: %s {secret@prove}',
    async (word) => {
      await changeTo(word);
      const refused = 'the archive password does not open backup 1 of shop';
      expect(await account.json('verify', 'shop')).toMatchObject([
        { verdict: 'unknown', message: expect.stringMatching(new RegExp(`^${refused}\\. Give`)) },
      ]);
      expect(await account.json('backups', 'shop')).toMatchObject([{ success: true, error: null }]);
      const { status, stderr } = await account.pgbak('restore', 'shop', '--output', out());
      expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining(refused) });
      expect(stderr).not.toContain('[hidden');
      await changeTo(FIRST);
      expect(await account.json('verify', 'shop')).toMatchObject([{ verdict: 'good' }]);
    },
  );

  test('is not judged by a server whose password is a word of its messages {secret@scratch, secret@connect}', async () => {
    await cluster.sql('shop', 'create role gone; alter table noise owner to gone');
    await cluster.sql('shop', "create role tester login createdb password 'role'");
    try {
      expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });
      await cluster.sql('shop', 'alter table noise owner to current_user; drop role gone');
      const seenAs = async (password: string) => {
        const url = cluster.url('postgres', { user: 'tester', password });
        return await account.json('verify', 'shop', '--level', 'restore', '--scratch-url', url);
      };
      expect(await seenAs('role')).toMatchObject([{ verdict: 'unknown' }]);
      // The reason is known, though the words that tell it would tell the password too.
      expect(await seenAs('password')).toMatchObject([
        {
          verdict: 'unknown',
          message: expect.stringMatching(
            /^cannot connect to .*: \[hidden: it holds a secret\]\. Correct the user or the/,
          ),
        },
      ]);
    } finally {
      await cluster.sql('shop', 'alter table noise owner to current_user; drop role tester; drop role if exists gone');
    }
  });

  test('is known again after a rebuild by the earlier password that signed its checksum {secret@record}', async () => {
    await changeTo(SECOND, '--earlier-archive-password', FIRST);
    await account.pgbak('run', '--force');
    const from = `file:${account.folder.at('backups')}`;
    const fresh = { DB_PATH: account.folder.at('fresh.sqlite') };
    const rebuild = ['catalog', 'rebuild', '--from', from];
    expect(await account.start(rebuild, fresh).finished).toMatchObject({ status: 0 });
    const edit = ['edit', 'shop', '--no-check', '--archive-password', SECOND, '--earlier-archive-password', FIRST];
    expect(await account.start(edit, fresh).finished).toMatchObject({ status: 0 });
    const restored = await account.start(['restore', 'shop', '--at', '1', '--output', out()], fresh).finished;
    expect(restored).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/warning/) });
  });
});

describe('on a terminal', () => {
  test.each([60, 120])('of %i columns a restore asks for the password, three times at most', async (width) => {
    await changeTo('');
    using terminal = openTerminal(account.env, width);
    terminal.enter(`clear; pgbak restore shop --output ${out()}; echo status $?`);
    await terminal.shows(/^backup 1 of shop is encrypted and no archive password is\s+set\n\? Archive password/m);
    terminal.press('Enter');
    await terminal.shows('a password is needed');
    terminal.enter('wrong');
    await terminal.shows(/^this password does not open backup 1 of shop\n\? Archive password/m);
    terminal.enter(FIRST);
    const screen = await terminal.shows('status 0');
    expect(screen).toMatch(/Restored backup 1 of shop/);
    expect(screen).not.toContain(FIRST);
    expect(screen.split('\n').every((line) => line.length <= width)).toBe(true);

    terminal.enter(`clear; pgbak restore shop --output ${out()}.2; echo status $?`);
    for (let asked = 0; asked < 3; asked += 1) {
      await terminal.shows(new RegExp(`(?:✔ Archive password[^?]*){${asked}}\\? Archive password$`));
      terminal.enter('wrong');
    }
    await terminal.shows('status 1');
    expect(existsSync(`${out()}.2`)).toBe(false);
  });

  test('add and edit ask for what a flag gives as -, and store no password "-"', async () => {
    for (const flag of ['archive-password', 'earlier-archive-password']) {
      expect(await account.pgbak('edit', 'shop', '--no-check', `--${flag}`, '-')).toMatchObject({
        status: 2,
        stderr: `pgbak: --${flag} - asks for it, and there is no terminal\nGive it as --${flag} env:NAME or --${flag} file:/path\n`,
      });
    }
    using terminal = openTerminal(account.env);
    terminal.enter(
      'clear; pgbak edit shop --no-check --archive-password - --earlier-archive-password -; echo status $?',
    );
    await terminal.shows('? Archive password');
    terminal.enter('-');
    await terminal.shows('the archive password cannot be "-"');
    terminal.press('BSpace');
    terminal.enter(SECOND);
    await terminal.shows('? Archive password, once more');
    terminal.enter('mistyped');
    await terminal.shows(/The two passwords are not the same\. Type it anew\.\s+\? Archive password/);
    terminal.enter(SECOND);
    await terminal.shows(/once more[^]*\? Archive password, once more/);
    terminal.enter(SECOND);
    await terminal.shows('? Earlier archive password');
    terminal.enter(FIRST);
    expect(await terminal.shows('status 0')).not.toMatch(/the (?:first|second) password/);
    expect(await account.json('verify', 'shop')).toMatchObject([{ verdict: 'good' }]);
    expect(await account.pgbak('run', '--force')).toMatchObject({ status: 0 });

    const other = [`--destination file:${account.folder.at('other')}`, '--create-destination', '--no-check'].join(' ');
    terminal.enter(
      `clear; pgbak add --name crm --connection-string ${cluster.url('shop')} ${other} --archive-password -`,
    );
    await terminal.shows('? Archive password');
    terminal.enter(SECOND);
    await terminal.shows('? Archive password, once more');
    terminal.enter(SECOND);
    await terminal.shows('? Frequency');
  });

  test('verify asks where it is told to, and a wrong one proves nothing', async () => {
    await changeTo(SECOND);
    using terminal = openTerminal(account.env);
    terminal.enter('clear; pgbak verify shop --archive-password -; echo status $?');
    await terminal.shows('? Archive password');
    terminal.enter('wrong');
    expect(await terminal.shows('status 1')).toMatch(/shop\s+1\s+unknown\s+the archive password does not open/);
    terminal.enter('clear; pgbak verify shop --archive-password -; echo status $?');
    await terminal.shows('? Archive password');
    terminal.enter(FIRST);
    expect(await terminal.shows('status 0')).toMatch(/shop\s+1\s+good/);
  });
});
