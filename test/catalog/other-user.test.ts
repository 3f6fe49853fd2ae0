import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { CAN_MOUNT } from '../support/small-disk.ts';

/** Runs pgbak as a user who is not the superuser. */
async function asUser(uid: number, args: string[], env: Record<string, string>) {
  const child = spawn(
    'setpriv',
    ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', process.execPath, PGBAK, ...args],
    {
      env: { ...env, SHELL: '/bin/sh' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  return { status, stderr };
}

const ifRoot = CAN_MOUNT ? describe : describe.skip;
ifRoot('for a user who is not the superuser', () => {
  const USER = 12_345;
  const usersCatalog = async () => {
    const account = newAccount();
    for (const folder of ['home', 'tmp']) chownSync(account.folder.at(folder), USER, USER);
    const add = [
      'add',
      '--name=shop',
      '--connection-string=postgresql:///shop',
      '--no-check',
      '--destination=file:/srv',
    ];
    expect(await asUser(USER, add, account.env)).toMatchObject({ status: 0 });
    return account;
  };

  test('a time with mode 0400 leaves nothing that a later run stumbles over {denied@record}', async () => {
    using account = await usersCatalog();
    chmodSync(account.catalogPath, 0o400);
    expect(await asUser(USER, ['run'], account.env)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cannot be opened by this user|cannot be written to/),
    });
    expect(await asUser(USER, ['list'], account.env)).toMatchObject({ status: 0 });
    chmodSync(account.catalogPath, 0o600);
    expect(await asUser(USER, ['edit', 'shop', '--frequency-hrs=6'], account.env)).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  test('what SQLite left with a mode that forbids to write is mended {denied@record}', async () => {
    using account = await usersCatalog();
    for (const suffix of ['-shm', '-wal']) {
      writeFileSync(account.catalogPath + suffix, '');
      chownSync(account.catalogPath + suffix, USER, USER);
      chmodSync(account.catalogPath + suffix, 0o400);
    }
    expect(await asUser(USER, ['edit', 'shop', '--frequency-hrs=6'], account.env)).toEqual({ status: 0, stderr: '' });
  });

  test('and what belongs to somebody else, or is a link, is named {denied@record, replaced@record}', async () => {
    using account = await usersCatalog();
    writeFileSync(`${account.catalogPath}-shm`, '');
    chmodSync(`${account.catalogPath}-shm`, 0o600);
    expect(await asUser(USER, ['edit', 'shop', '--frequency-hrs=6'], account.env)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/backup\.sqlite-shm of the catalogue belongs to another user \(uid 0\)/),
    });
    rmSync(`${account.catalogPath}-shm`);
    mkdirSync(account.folder.at('victim'));
    for (const suffix of ['-wal', '-shm', '-journal']) {
      const link = `${account.catalogPath}${suffix}`;
      symlinkSync(account.folder.at('victim', 'file'), link);
      expect(await account.pgbak('edit', 'shop', '--frequency-hrs=6')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`${link}, which SQLite keeps beside the catalogue, is not a regular file`),
      });
      rmSync(link);
    }
    expect(readdirSync(account.folder.at('victim'))).toEqual([]);
  });

  test('what only root may look into beside the archives is passed over where it is of ext4, or named {denied@fetch, denied@prune}', async () => {
    using account = await usersCatalog();
    const directory = account.folder.at('backups');
    mkdirSync(`${directory}/lost+found`, { recursive: true, mode: 0o700 });
    writeFileSync(`${directory}/shop.20261123T101500Z.sql.7z`, 'x');
    for (const path of [account.folder.path, directory]) chmodSync(path, 0o755);
    chmodSync(`${directory}/lost+found`, 0o700);
    const rebuild = ['catalog', 'rebuild', '--from', `file:${directory}`];
    expect(await asUser(USER, rebuild, account.env)).toMatchObject({ status: 0 });
    mkdirSync(`${directory}/other`, { mode: 0o700 });
    expect(await asUser(USER, rebuild, account.env)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`cannot read the directory ${directory}/other: permission denied`),
    });
  });
});
