import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { exposedDirectory } from '../../src/catalog/exposed-directory.ts';
import { newAccount } from '../support/pgbak.ts';
import { CAN_MOUNT } from '../support/small-disk.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ADD = ['--name=shop', '--connection-string=postgresql:///shop', '--no-check', '--destination=file:/srv'];

describe('a directory in which others may write', () => {
  test('is warned of by add, which makes a catalogue there, and by doctor, and not where it is sticky {hostile@connect, hostile@record}', async () => {
    using account = newAccount({ PGBAK_7Z: '/nonexistent' });
    const directory = account.folder.at('home', 'catalog');
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    const words = `${directory} can be written to by every user, who can replace the catalogue with another one`;
    expect(await account.pgbak('add', ...ADD)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        new RegExp(`^pgbak: warning: ${words}\nSet DB_PATH .*, or: chmod go-w ${directory}\n`),
      ),
    });
    const warnings = async () =>
      ((await account.json('doctor')) as { about: string; level: string; message: string }[])
        .filter(({ about, level }) => about === 'catalogue' && level === 'warning')
        .map(({ message }) => message);
    expect(await warnings()).toEqual([words]);
    // A user who was told once is not told by every command.
    expect(await account.pgbak('edit', 'shop', '--frequency-hrs=6')).toMatchObject({ status: 0, stderr: '' });
    chmodSync(directory, 0o1777);
    expect(await warnings()).toEqual([]);
  });

  test('is warned of by catalog rebuild as well, which makes one too', async () => {
    using account = newAccount();
    const directory = account.folder.at('home', 'catalog');
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    mkdirSync(account.folder.at('backups'));
    const { stderr } = await account.pgbak('catalog', 'rebuild', '--from', `file:${account.folder.at('backups')}`);
    expect(stderr).toContain(`${directory} can be written to by every user`);
    expect(existsSync(account.catalogPath)).toBe(true);
  });

  const USER = 12_345;
  const asRoot = CAN_MOUNT ? test : test.skip;
  asRoot.each<[string, { mode: number; uid?: number; gid?: number }, RegExp | undefined]>([
    ['by its owner alone', { mode: 0o755 }, undefined],
    ['by every user', { mode: 0o757 }, /by every user/],
    ['by every user, who may rename but what is theirs', { mode: 0o1777 }, undefined],
    ['by a group that is of its owner alone', { mode: 0o770 }, undefined],
    ['by a group of others', { mode: 0o770, gid: USER }, /by its group \(gid 12345\)/],
    ['by a group of others, who may rename but what is theirs', { mode: 0o1770, gid: USER }, undefined],
    ['by another user, whose it is', { mode: 0o755, uid: USER }, /by another user \(uid 12345\)/],
  ])('is told of by its mode: %s', (_whom, { mode, uid = 0, gid = 0 }, words) => {
    using folder = temporaryFolder();
    const directory = folder.at('shared');
    mkdirSync(`${directory}/below`, { recursive: true, mode: 0o700 });
    chownSync(directory, uid, gid);
    chmodSync(directory, mode);
    symlinkSync(directory, folder.at('link'));
    const matches = words === undefined ? undefined : { message: expect.stringMatching(words) };
    // One above it lets others put another directory in the place of that of the catalogue.
    for (const path of ['shared/new.sqlite', 'shared/below/new.sqlite', 'link/new.sqlite']) {
      expect([path, exposedDirectory(folder.at(path))]).toEqual([path, matches && expect.objectContaining(matches)]);
    }
  });
});
