import { readdirSync, readFileSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StorageError } from '../../src/core/errors.ts';
import { versionNameOf } from '../../src/storage/version-names.ts';
import { openDirectoryStorage } from '../../src/storage/directory/storage.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';

const openIn = (directory: string) => openDirectoryStorage({ directory, owner: 'catalog-1' });

describe('a directory', () => {
  test('names a version by its time stamp before the extension, readable by its owner alone', async () => {
    using folder = temporaryFolder();
    const directory = folder.at('made', 'when needed');
    const stored = await openIn(directory).put('a/shop.bin.7z', archiveFile(folder, 5000), putOptions());
    expect(stored.id).toBe(`${directory}/a/shop.20261123T101500Z.bin.7z`);
    expect(statSync(stored.id).mode & 0o777).toBe(0o600);
    expect(readdirSync(`${directory}/a`)).toEqual(['shop.20261123T101500Z.bin.7z']);
  });

  test('never overwrites what stands there {replaced@publish}', async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.at('shop.20261123T101500Z.sql.7z'), 'precious');
    const stored = await openIn(folder.path).put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
    expect(stored.id).not.toBe(folder.at('shop.20261123T101500Z.sql.7z'));
    expect(statSync(folder.at('shop.20261123T101500Z.sql.7z')).size).toBe(8);
  });

  test('takes bytes as they come, and keeps nothing of those that break off', async () => {
    using folder = temporaryFolder();
    const storage = openIn(folder.at('backups'));
    async function* bytes(failure?: Error) {
      yield await Promise.resolve(Buffer.from('an archive'));
      if (failure !== undefined) throw failure;
    }
    const put = async (stream: AsyncIterable<Buffer>, sizeBytes: number) =>
      await storage.putStream?.('shop.sql.7z', { bytes: stream, sizeBytes }, putOptions());
    await expect(put(bytes(new StorageError('cut')), 10)).rejects.toThrow('cut');
    await expect(put(bytes(), 11)).rejects.toThrow(/10 instead of 11 bytes/);
    expect(readdirSync(folder.at('backups'))).toEqual([]);
    const stored = await put(bytes(), 10);
    expect(readFileSync(stored?.id ?? '', 'utf8')).toBe('an archive');
  });

  test('lists what begins with a prefix, and all of that, whatever points and folders are in the names', async () => {
    using folder = temporaryFolder();
    const storage = openIn(folder.path);
    const names = [
      'shop',
      'shop.eu',
      'shopping',
      'sub.one/shop',
      'sub.one/deep/er',
      'sub/shop',
      '.hidden/a',
      'shop.d/x',
    ];
    const objects = names.flatMap((name) => [`${name}.sql.7z`, `${name}.bin.7z`]).toSorted();
    for (const name of objects) {
      mkdirSync(dirname(folder.at(name)), { recursive: true });
      writeFileSync(folder.at(versionNameOf(name, new Date(), 1)), '');
    }
    const prefixes = new Set(
      objects.flatMap((name) => Array.from({ length: name.length }, (_, i) => name.slice(0, i))),
    );
    for (const prefix of [...prefixes, ...objects, 'shopp/', 'x']) {
      const expected = objects.filter((name) => name.startsWith(prefix));
      expect([prefix, (await listed(storage, prefix)).map(({ name }) => name)]).toEqual([prefix, expected]);
    }
  });

  test('tells why it cannot be written to', async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.at('file'), '');
    await expect(openIn(folder.at('file', 'backups')).prepare('shop.sql.7z', never)).rejects.toThrow(
      /cannot write to the directory .*: a part of the path is a file/,
    );
    mkdirSync(folder.at('locked'));
    chmodSync(folder.at('locked'), 0o500);
    if (process.getuid?.() !== 0) {
      await expect(openIn(folder.at('locked')).prepare('shop.sql.7z', never)).rejects.toThrow(/permission denied/);
    }
  });
});
