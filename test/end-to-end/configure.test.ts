import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';

let account: Account;
beforeEach(() => {
  account = newAccount();
});
afterEach(() => account[Symbol.dispose]());

const shop = {
  name: 'shop',
  'connection-string': 'postgresql://app:s3cret@db.example/shop',
  destination: 'file:/srv/backups',
  'no-check': true,
} as const;

describe('add without a terminal', () => {
  test.each<[string, Record<string, string | number | true>, RegExp]>([
    ['no connection string', { name: 'shop' }, /the connection string is missing: --connection-string/],
    [
      'no name to be had',
      { 'connection-string': 'postgresql://db.example' },
      /the name of the server is missing: --name/,
    ],
    [
      'a connection string that is none',
      { ...shop, 'connection-string': 'mysql://db.example/shop' },
      /^pgbak: .*connection string/,
    ],
    [
      'a frequency of nothing',
      { ...shop, 'frequency-hrs': 0 },
      /--frequency-hrs takes whole hours, such as 6, or 6h, 1d, 1w/,
    ],
    ['a frequency that is no number', { ...shop, 'frequency-hrs': 'daily' }, /frequency-hrs/],
    ['a number for a name', { ...shop, name: '7' }, /"7" would be taken for an id/],
    ['an archive name that leaves its place', { ...shop, 'archive-name': '../x' }, /archive name "\.\.\/x" has a part/],
    [
      'a relative directory',
      { ...shop, destination: 'file:backups' },
      /the directory in the destination "file:backups" must begin with \//,
    ],
    ['a ping URL that is none', { ...shop, 'hc-url-fail': 'hc-ping.com/uuid-1' }, /a ping URL must begin with https/],
    ['a compression that is none', { ...shop, compression: 'zip:3' }, /^pgbak: the compression must be .* or none\n/],
    ['an exclusion of nothing', { ...shop, 'exclude-table': '' }, /--exclude-table is empty/],
    [
      'an archive password of nothing {secret@connect}',
      { ...shop, 'archive-password': '' },
      /--archive-password is empty\nA variable may not be set/,
    ],
    ['a ping URL of nothing', { ...shop, 'hc-url-fail': '' }, /--hc-url-fail is empty/],
    ['a place of nothing', { ...shop, destination: '' }, /--destination is empty/],
    ['an unknown format', { ...shop, format: 'tar' }, /--format must be sql, binary or directory/],
    ['an unknown flag', { ...shop, 'no-such-flag': 'x' }, /no-such-flag/],
  ])('refuses %s, in words, with status 2', async (_name, flags, message) => {
    const { status, stderr, stdout } = await account.add(flags);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).not.toMatch(/s3cret|uuid-1|\n\s+at /);
    expect(existsSync(account.catalogPath)).toBe(false);
  });

  test('refuses a second server of that name, or with those archives', async () => {
    await account.add(shop);
    expect((await account.add(shop)).stderr).toMatch(/there is a server named "shop" already, with id 1/);
    expect((await account.add({ ...shop, name: 'copy', 'archive-name': 'shop' })).stderr).toMatch(
      /server "shop" stores its archives in file:\/srv\/backups as "shop" already/,
    );
    expect(
      await account.add({ ...shop, name: 'copy', 'archive-name': 'shop', destination: 'file:/srv/other' }),
    ).toMatchObject({ status: 0 });
  });

  test('tries the connection and stores nothing when there is none', async () => {
    const { 'no-check': _, ...checked } = shop;
    const { status, stderr } = await account.add({
      ...checked,
      destination: `file:${account.folder.at('backups')}`,
      'connection-string': 'postgresql://127.0.0.1:1/shop',
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/Connection refused/);
    expect(await account.json('list')).toEqual([]);
  });

  test('prints JSON for scripts, errors too', async () => {
    expect(
      JSON.parse(
        (
          await account.start(['add', '--json', '--no-check', '--name=a', '--connection-string=postgresql:///a'])
            .finished
        ).stdout,
      ),
    ).toEqual({ id: 1, name: 'a' });
    const { status, stdout } = await account.pgbak('edit', 'nobody', '--name', 'x', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        name: 'ConfigError',
        message: 'there is no server "nobody"',
        hint: 'The servers: pgbak list',
        exitCode: 2,
      },
    });
  });
});

describe('edit without a terminal', () => {
  test('changes what was given, clears what was given empty, and keeps the rest', async () => {
    await account.add({ ...shop, 'archive-password': 'env:PW', 'b2-bucket': 'bucket', 'exclude-table': 'audit_*' });
    expect(
      await account.pgbak('edit', 'shop', '--frequency-hrs=6', '--archive-password=', '--name=store'),
    ).toMatchObject({
      status: 0,
      stdout: [
        'store: name shop -> store',
        'store: frequency 24 h -> 6 h',
        'store: archive password removed. New backups are NOT encrypted; earlier ones need the old password.',
        'Its archives keep their name in storage: shop',
        '',
      ].join('\n'),
    });
    expect(await account.json('list')).toMatchObject([
      { id: 1, name: 'store', frequencyHrs: 6, encryption: 'none', archiveName: 'shop' },
    ]);
  });

  test('asks nobody', async () => {
    await account.add(shop);
    expect(await account.pgbak('edit', 'shop')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/nothing to change was given/),
    });
    expect(await account.pgbak('edit')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no server was named/),
    });
    expect(await account.pgbak('del', 'shop')).toMatchObject({ status: 2, stderr: expect.stringMatching(/--yes/) });
    expect(await account.pgbak('del', '1', '--yes')).toMatchObject({ status: 0 });
    expect(await account.json('list')).toEqual([]);
  });
});

test.each([
  'add',
  'edit',
  'del',
  'list',
  'logs',
  'run',
  'restore',
  'verify',
  'backups',
  'status',
  'doctor',
  'schedule',
  'completion',
])('%s --help has examples and stays within 80 columns', async (command) => {
  const { status, stdout } = await account.pgbak(command, '--help');
  expect(status).toBe(0);
  expect(stdout).toMatch(/EXAMPLES\n/);
  expect(stdout).toMatch(/USAGE\n/);
  expect(stdout.split('\n').filter((line) => line.length > 80 && !line.includes('$ pgbak'))).toEqual([]);
});

test.each([
  [['nonsense'], 'pgbak: unknown command "nonsense"\nAll commands: pgbak --help\n'],
  [['schedule', 'extra'], 'pgbak: schedule takes no argument\nSee: pgbak schedule --help\n'],
])('a command that there is not is told with status 2', async (args, stderr) => {
  expect(await account.pgbak(...args)).toEqual({ status: 2, stdout: '', stderr });
});

test('without a command the help is shown', async () => {
  const { status, stdout } = await account.pgbak();
  expect(status).toBe(0);
  expect(stdout).toMatch(/FIRST STEPS\n[^]*SET UP\n {2}add /);
});
