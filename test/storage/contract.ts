import { createHash, randomBytes } from 'node:crypto';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { PgbakError, StorageError } from '../../src/core/errors.ts';
import type { ArchiveFile, PutOptions, Storage, StoredObject } from '../../src/storage/storage.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

export interface OpenedStorage extends AsyncDisposable {
  storage: Storage;
}

export const never = new AbortController().signal;

export function archiveFile(
  folder: TemporaryFolder,
  sizeBytes: number,
): ArchiveFile & { content: Buffer; sha1: string } {
  const content = randomBytes(sizeBytes);
  const path = folder.at(`archive-${sizeBytes}.7z`);
  writeFileSync(path, content);
  return { path, sizeBytes, content, sha1: createHash('sha1').update(content).digest('hex') };
}

export function putOptions(changes: Partial<PutOptions> = {}): PutOptions {
  return {
    signal: never,
    startedAt: new Date('2026-11-23T10:15:00.000Z'),
    info: { 'pgbak-server': 'größe & co', 'pgbak-started-at': '2026-11-23T10:15:00.000Z' },
    ...changes,
  };
}

export async function listed(storage: Storage, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of storage.list(prefix, never)) objects.push(object);
  return objects;
}

/** What every storage keeps to. `sizes` are of archives that it treats differently. */
export function keepsToTheContract(kind: string, open: () => Promise<OpenedStorage>, sizes: readonly number[]): void {
  describe(`${kind} as a storage`, () => {
    test('takes nothing of an archive that gets shorter meanwhile {damaged@upload}', async () => {
      await using opened = await open();
      using folder = temporaryFolder();
      const file = archiveFile(folder, 12_000_000);
      const shorten = () => truncateSync(file.path, 1_000_000);
      const storing = opened.storage.put('nightly/shop.sql.7z', file, putOptions({ onProgress: shorten }));
      await expect(storing).rejects.toThrow(/the archive (became shorter|changed) while it was (uploaded|stored)/);
      expect(await listed(opened.storage, 'nightly')).toEqual([]);
    });

    test.each(sizes)('gives back the %i bytes that it took', async (sizeBytes) => {
      await using opened = await open();
      using folder = temporaryFolder();
      const file = archiveFile(folder, sizeBytes);
      const progress: number[] = [];

      await opened.storage.prepare('nightly/shop.sql.7z', never);
      const stored = await opened.storage.put(
        'nightly/shop.sql.7z',
        file,
        putOptions({ onProgress: (sentBytes) => progress.push(sentBytes) }),
      );

      expect(stored).toMatchObject({ name: 'nightly/shop.sql.7z', sizeBytes, sha1: file.sha1 });
      expect(progress.at(-1)).toBe(sizeBytes);
      const fetched = await buffer(await opened.storage.get(stored, never));
      expect(fetched.equals(file.content)).toBe(true);
    });

    test('keeps every version, lists them newest first, and removes just the one that is named', async () => {
      await using opened = await open();
      using folder = temporaryFolder();
      const { storage } = opened;
      const first = await storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
      const startedAt = new Date('2026-11-24T10:15:00.000Z');
      const second = await storage.put('shop.sql.7z', archiveFile(folder, 6000), putOptions({ startedAt }));
      await storage.put('shop-other.sql.7z', archiveFile(folder, 7000), putOptions());

      expect((await listed(storage, 'shop.sql.7z')).map(({ id }) => id)).toEqual([second.id, first.id]);
      expect(await listed(storage, 'shop')).toHaveLength(3);
      expect(await listed(storage, 'nothing')).toEqual([]);

      await storage.remove(second, never);
      await storage.remove(second, never);
      expect((await listed(storage, 'shop.sql.7z')).map(({ id }) => id)).toEqual([first.id]);
    });

    test('two backups of the same second are two versions', async () => {
      await using opened = await open();
      using folder = temporaryFolder();
      const first = archiveFile(folder, 5000);
      const second = archiveFile(folder, 5001);
      const stored = [
        await opened.storage.put('shop.sql.7z', first, putOptions()),
        await opened.storage.put('shop.sql.7z', second, putOptions()),
      ];
      const contents = await Promise.all(
        stored.map(async (object) => await buffer(await opened.storage.get(object, never))),
      );
      expect(contents.map((content) => content.length)).toEqual([5000, 5001]);
    });

    test('says what is not there any more {gone@fetch}', async () => {
      await using opened = await open();
      using folder = temporaryFolder();
      const stored = await opened.storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
      await opened.storage.remove(stored, never);
      await expect(opened.storage.get(stored, never)).rejects.toThrow(StorageError);
    });

    test.each<[string, (path: string) => void, RegExp]>([
      [
        'gone from the temporary directory {gone@upload}',
        (path) => rmSync(path),
        /removed the archive that was just made: \//,
      ],
      ['cut short {damaged@upload}', (path) => truncateSync(path, 100), /became shorter|100 instead of 5000 bytes/],
    ])('an archive that is %s is told as such, and nothing is stored', async (_name, harm, message) => {
      await using opened = await open();
      using folder = temporaryFolder();
      const file = archiveFile(folder, 5000);
      harm(file.path);
      await expect(opened.storage.put('shop.sql.7z', file, putOptions())).rejects.toThrow(message);
      await expect(opened.storage.put('shop.sql.7z', file, putOptions())).rejects.toThrow(PgbakError);
      expect(await listed(opened.storage, '')).toEqual([]);
      expect(await opened.storage.sweep('shop.sql.7z', never)).toEqual([]);
    });

    test.each(sizes)('an upload of %i bytes that is broken off leaves nothing {stop@upload}', async (sizeBytes) => {
      await using opened = await open();
      using folder = temporaryFolder();
      const controller = new AbortController();
      const reason = new Error('stop now');
      const options = putOptions({ signal: controller.signal, onProgress: () => controller.abort(reason) });
      await expect(opened.storage.put('shop.sql.7z', archiveFile(folder, sizeBytes), options)).rejects.toBe(reason);
      expect(await listed(opened.storage, '')).toEqual([]);
      expect(await opened.storage.sweep('shop.sql.7z', never)).toEqual([]);
    });
  });
}
