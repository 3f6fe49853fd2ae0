import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { makeDirectory } from '../../src/system/make-directory.ts';
import { newAccount } from '../support/pgbak.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('directories are made with those above them, and what is there stays', () => {
  using folder = temporaryFolder();
  makeDirectory(folder.at('a', 'b', 'c'), 0o700);
  makeDirectory(folder.at('a', 'b', 'c'), 0o750);
  expect(statSync(folder.at('a', 'b', 'c')).mode & 0o777).toBe(0o700);
});

describe('a catalogue or a destination that can be nowhere is refused at once, in words', () => {
  test.each([
    ['below /proc {gone@connect}', '/proc/pgbak', 'the file system of /proc takes no new directories'],
    ['below a device {gone@connect}', '/dev/null/pgbak', /not a directory|a part of the path is a file/],
    ['below a file {gone@connect}', 'file/pgbak', /not a directory|a part of the path is a file/],
    ['below a link that leads nowhere {gone@connect}', 'link/pgbak', /link is a symbolic link that leads nowhere/],
  ])('%s', async (_label, place, message) => {
    using account = newAccount();
    writeFileSync(account.folder.at('file'), '');
    symlinkSync('/nonexistent/pgbak', account.folder.at('link'));
    const directory = place.startsWith('/') ? place : account.folder.at(place);
    const add = ['add', '--no-check', '--name=shop', '--connection-string=postgresql:///shop'];

    const good = `--destination=file:${account.folder.at('backups')}`;
    const there = { DB_PATH: `${directory}/backup.sqlite` };
    const noCatalog = await account.start([...add, good, '--create-destination'], there).finished;
    expect(noCatalog).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
    const examined = await account.start(['doctor'], there).finished;
    expect(`${examined.stdout}${examined.stderr}`).not.toMatch(/unexpected error/);

    const wrong = [`--destination=file:${directory}`, '--create-destination'];
    const noDestination = await account.pgbak(...add, ...wrong);
    expect(noDestination.status).not.toBe(0);
    expect(noDestination.stderr).toMatch(message);
    expect(existsSync(directory)).toBe(false);
  });
});
