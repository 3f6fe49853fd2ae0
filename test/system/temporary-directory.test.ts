import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { createTemporaryDirectory, sweepTemporaryDirectories } from '../../src/system/temporary-directory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('a temporary directory', () => {
  test("is its owner's alone, and gone with all it holds", async () => {
    using folder = temporaryFolder();
    const directory = await createTemporaryDirectory({ base: folder.path, owner: 'catalog' });
    expect(statSync(directory.path).mode & 0o777).toBe(0o700);
    writeFileSync(`${directory.path}/archive.7z`, 'x');
    await directory[Symbol.asyncDispose]();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('left behind is swept away, but not that of another catalogue, a link, or a user of that name', async () => {
    using folder = temporaryFolder();
    const place = { base: folder.path, owner: 'catalog' };
    const mine = await createTemporaryDirectory(place);
    writeFileSync(`${mine.path}/archive.7z`, '12345');
    const other = await createTemporaryDirectory({ base: folder.path, owner: 'another' });
    const prefix = mine.path.slice(0, -6);
    mkdirSync(folder.at('precious'));
    symlinkSync(folder.at('precious'), `${prefix}linked`);
    mkdirSync(folder.at('pgbak-notes'));

    expect(await sweepTemporaryDirectories(place)).toEqual([`removed temporary files (5 B): ${mine.path}`]);
    expect(existsSync(other.path)).toBe(true);
    expect(existsSync(folder.at('precious'))).toBe(true);
    expect(existsSync(folder.at('pgbak-notes'))).toBe(true);
  });

  test('of another user stays, and is told', async () => {
    if (process.getuid?.() !== 0) return;
    using folder = temporaryFolder();
    const place = { base: folder.path, owner: 'catalog' };
    const { path } = await createTemporaryDirectory(place);
    chownSync(path, 12_345, 12_345);
    expect(await sweepTemporaryDirectories(place)).toEqual([
      `temporary files of another user (uid 12345) were not removed: ${path}`,
    ]);
    expect(existsSync(path)).toBe(true);
  });

  test('is left alone while it is younger than asked', async () => {
    using folder = temporaryFolder();
    const place = { base: folder.path, owner: 'catalog' };
    const { path } = await createTemporaryDirectory(place);
    expect(await sweepTemporaryDirectories(place, 60_000)).toEqual([]);
    const before = new Date(Date.now() - 120_000);
    utimesSync(path, before, before);
    expect(await sweepTemporaryDirectories(place, 60_000)).toHaveLength(1);
    expect(existsSync(path)).toBe(false);
  });

  test('that cannot be made is told with its place {gone@compress}', async () => {
    await expect(createTemporaryDirectory({ base: '/no/such/place', owner: 'catalog' })).rejects.toThrow(
      /\/no\/such\/place/,
    );
    await expect(sweepTemporaryDirectories({ base: '/no/such/place', owner: 'x' })).rejects.toThrow(
      /\/no\/such\/place/,
    );
  });
});
