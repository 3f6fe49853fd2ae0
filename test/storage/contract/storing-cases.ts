import { rmSync, truncateSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { PgbakError, StorageError } from '../../../src/core/errors.ts';
import { formatNote } from '../../../src/core/checksum-note.ts';
import { beginUpload } from '../../../src/storage/streaming/begin-upload.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';
import { growingFile } from '../growing-file.ts';
import type { Kind } from './rig.ts';

const NAME = 'nightly/shop.sql.7z';

/** Long enough for parts to be on their way. */
const A_WHILE_MS = 200;

/** Archives that are stored, given back and removed, and those of which nothing comes. */
export function storingCases(kind: Kind): void {
  test.each(kind.sizes)('gives back the %i bytes that it took', async (sizeBytes) => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const file = archiveFile(folder, sizeBytes);
    const progress: number[] = [];

    await storage.prepare(NAME, never);
    expect(await rig.leftovers()).toEqual([]);
    const onProgress = (sentBytes: number) => progress.push(sentBytes);
    const stored = await storage.put(NAME, file, putOptions({ onProgress }));

    expect(stored).toMatchObject({ name: NAME, sizeBytes, sha1: file.sha1 });
    expect(progress.at(-1)).toBe(sizeBytes);
    expect(await rig.there()).toEqual([{ id: stored.id, name: NAME, sizeBytes, sha1: file.sha1 }]);
    expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
    expect(await rig.leftovers()).toEqual([]);
  });

  const growing = (path: string) => {
    using folder = temporaryFolder();
    return growingFile(path, archiveFile(folder, kind.growingBytes).content);
  };

  test('takes an archive that grows, and shows nothing of it before it is whole', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const { content, sha1 } = archiveFile(folder, kind.growingBytes);
    const archive = growingFile(folder.at('growing.7z'), content);
    const upload = beginUpload(storage, NAME, { path: archive.file.path }, putOptions());
    archive.write(Math.floor(content.length * 0.9));
    await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
    archive.writeAll();
    upload.written(content.length);
    expect(await rig.there()).toEqual([]);
    expect(await listed(storage, '')).toEqual([]);

    const stored = await upload.complete(content.length, {});
    expect(await rig.there()).toEqual([{ id: stored.id, name: NAME, sizeBytes: content.length, sha1 }]);
    expect((await buffer(await storage.get(stored, never))).equals(content)).toBe(true);
    expect(await rig.leftovers()).toEqual([]);
  });

  test('keeps nothing of an archive that grows and comes to nothing', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const archive = growing(folder.at('growing.7z'));
    const upload = beginUpload(rig.open(), NAME, { path: archive.file.path }, putOptions());
    archive.write(Math.floor(kind.growingBytes * 0.9));
    await new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));
    await upload.abandon(new StorageError('the dump failed'));
    expect(await rig.there()).toEqual([]);
    expect(await rig.leftovers()).toEqual([]);
  });

  test.each(kind.sizes)('keeps nothing of %i bytes whose upload is broken off {stop@upload}', async (sizeBytes) => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const controller = new AbortController();
    const reason = new Error('stop now');
    const options = putOptions({ signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(storage.put(NAME, archiveFile(folder, sizeBytes), options)).rejects.toBe(reason);
    expect(await rig.there()).toEqual([]);
    expect(await storage.sweep(NAME, never)).toEqual([]);
    expect(await rig.leftovers()).toEqual([]);
  });

  test('takes nothing of an archive that gets shorter meanwhile {damaged@upload}', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const file = archiveFile(folder, 12_000_000);
    const onProgress = () => truncateSync(file.path, 1_000_000);
    await expect(rig.open().put(NAME, file, putOptions({ onProgress }))).rejects.toThrow(
      /the archive (became shorter|changed) while it was (uploaded|stored)/,
    );
    expect(await rig.there()).toEqual([]);
    expect(await rig.leftovers()).toEqual([]);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    [
      'gone from the temporary directory {gone@upload}',
      (path) => rmSync(path),
      /removed the archive that was just made: \//,
    ],
    ['cut short {damaged@upload}', (path) => truncateSync(path, 100), /became shorter|100 instead of 5000 bytes/],
  ])('tells that an archive is %s, and stores nothing', async (_name, harm, message) => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const file = archiveFile(folder, 5000);
    harm(file.path);
    const storage = rig.open();
    await expect(storage.put(NAME, file, putOptions())).rejects.toThrow(message);
    await expect(storage.put(NAME, file, putOptions())).rejects.toThrow(PgbakError);
    expect(await rig.there()).toEqual([]);
    expect(await storage.sweep(NAME, never)).toEqual([]);
    expect(await rig.leftovers()).toEqual([]);
  });

  test('says what is not there any more {gone@fetch}', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const stored = await storage.put(NAME, archiveFile(folder, 5000), putOptions());
    await storage.remove(stored, never);
    expect(await rig.there()).toEqual([]);
    const fetching = async () => await buffer(await storage.get(stored, never));
    await expect(fetching()).rejects.toThrow(StorageError);
  });

  test('does not mind to remove what is gone, and removes no other version for it {gone@prune}', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const gone = await storage.put(NAME, archiveFile(folder, 5000), putOptions());
    const kept = await storage.put(NAME, archiveFile(folder, 6000), putOptions());
    await storage.remove(gone, never);
    await storage.remove(gone, never);
    expect((await rig.there()).map(({ id }) => id)).toEqual([kept.id]);
    expect(await rig.leftovers()).toEqual([]);
  });

  test('keeps facts and the note of the sum with an archive, and the id of its catalogue', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open('catalog-7');
    const noteSum = (sha256: string) => Promise.resolve(formatNote({ sha256 }));
    const stored = await storage.put(NAME, archiveFile(folder, 5000), putOptions({ noteSum }));
    const info = {
      'pgbak-catalog': 'catalog-7',
      'pgbak-server': 'größe & co',
      'pgbak-started-at': '2026-11-23T10:15:00.000Z',
    };
    const [found] = await listed(storage, NAME);
    expect(found?.info).toMatchObject(info);
    expect(await storage.sumNoteOf(found ?? stored)).toBe(`sha256:${stored.sha256}`);
  });
}
