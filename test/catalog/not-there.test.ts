import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { newAccount, type Account } from '../support/pgbak.ts';

const SHOP = { name: 'shop', 'connection-string': 'postgresql:///shop', 'no-check': true } as const;
const addShop = async (account: Account) =>
  await account.add({ ...SHOP, destination: `file:${account.folder.at('backups')}` });

describe('a catalogue that is not there', () => {
  test('is an error with its path in every command that does not make one {gone@connect}', async () => {
    using account = newAccount();
    const commands = [
      ['run', '--quiet'],
      ['run', '--dry-run'],
      ['status'],
      ['list'],
      ['logs'],
      ['backups'],
      ['restore', 'shop', '--stdout'],
      ['verify'],
      ['prune'],
      ['prune', '--dry-run'],
      ['edit', 'shop', '--name', 'other'],
      ['del', 'shop', '--yes'],
      ['catalog', 'export', account.folder.at('copy.sqlite')],
      ['schedule', '--install', 'cron'],
    ];
    for (const command of commands) {
      const { status, stdout, stderr } = await account.pgbak(...command);
      expect({ command, status, stdout }).toEqual({ command, status: 2, stdout: '' });
      expect(stderr).toContain(`there is no catalogue at ${account.catalogPath}`);
    }
    expect(existsSync(dirname(account.catalogPath))).toBe(false);
    expect(await account.pgbak('doctor')).toMatchObject({
      status: 2,
      stdout: expect.stringMatching(/problem +there is no catalogue at \S+\s[^]*is DB_PATH right/),
    });
    expect(existsSync(dirname(account.catalogPath))).toBe(false);
  });

  test('is made by add and by rebuild, and not needed to ask storage alone', async () => {
    using account = newAccount();
    const backups = `file:${account.folder.at('backups')}`;
    mkdirSync(account.folder.at('backups'));
    expect(await account.pgbak('backups', '--remote', '--from', backups)).toMatchObject({ status: 0 });
    expect(existsSync(account.catalogPath)).toBe(false);
    expect(await account.pgbak('catalog', 'rebuild', '--from', backups)).toMatchObject({ status: 0 });
    expect(existsSync(account.catalogPath)).toBe(true);
    using other = newAccount();
    expect(await addShop(other)).toMatchObject({ status: 0 });
  });

  test('but of which a write-ahead log is left is not made anew over it {gone@record}', async () => {
    using account = newAccount();
    mkdirSync(dirname(account.catalogPath));
    writeFileSync(`${account.catalogPath}-wal`, 'the last changes');
    expect(await addShop(account)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/is gone, but its last changes are still there/),
    });
    expect(readdirSync(dirname(account.catalogPath))).toEqual(['backup.sqlite-wal']);
    expect(readFileSync(`${account.catalogPath}-wal`, 'utf8')).toBe('the last changes');
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['an empty file {damaged@connect}', (path) => writeFileSync(path, ''), /is an empty file/],
    ['a directory', (path) => mkdirSync(path), /is a directory/],
    ['a link that leads nowhere', (path) => symlinkSync('/nonexistent/backup.sqlite', path), /leads nowhere/],
    ['a device', (path) => symlinkSync('/dev/null', path), /is not a regular file/],
  ])('but %s in its place, is said to be that', async (_name, put, message) => {
    using account = newAccount();
    mkdirSync(dirname(account.catalogPath));
    put(account.catalogPath);
    const { status, stderr } = await account.pgbak('run', '--quiet');
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(account.catalogPath);
    expect(readdirSync(dirname(account.catalogPath))).toEqual(['backup.sqlite']);
  });

  test('below a home that was never used is one too, with its whole path', async () => {
    using account = newAccount();
    delete account.env['DB_PATH'];
    expect(await account.pgbak('run', '--quiet')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(account.folder.at('home', '.local', 'share', 'pgbak', 'backup.sqlite')),
    });
  });

  test('nor are its servers: a run of none is no success', async () => {
    using account = newAccount();
    await addShop(account);
    await account.pgbak('del', 'shop', '--yes');
    expect(await account.pgbak('run', '--quiet')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`there are no servers in the catalogue ${account.catalogPath}`),
    });
  });
});
