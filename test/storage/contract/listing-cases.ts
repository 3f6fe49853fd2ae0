import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';
import type { Kind } from './rig.ts';

const NAME = 'shop.sql.7z';

/** Versions and names: what is listed, what is told apart, and what is swept. */
export function listingCases(kind: Kind): void {
  test('keeps every version, lists them newest first, and removes just the one that is named', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const first = await storage.put(NAME, archiveFile(folder, 5000), putOptions());
    const startedAt = new Date('2026-11-24T10:15:00.000Z');
    const second = await storage.put(NAME, archiveFile(folder, 6000), putOptions({ startedAt }));
    const other = await storage.put('shop-other.sql.7z', archiveFile(folder, 7000), putOptions());

    const found = await listed(storage, NAME);
    expect(found.map(({ id, name, sizeBytes }) => ({ id, name, sizeBytes }))).toEqual([
      { id: second.id, name: NAME, sizeBytes: 6000 },
      { id: first.id, name: NAME, sizeBytes: 5000 },
    ]);
    expect(await listed(storage, 'shop')).toHaveLength(3);
    expect(await listed(storage, 'nothing')).toEqual([]);

    await storage.remove(second, never);
    expect((await listed(storage, NAME)).map(({ id }) => id)).toEqual([first.id]);
    expect((await rig.there()).map(({ id }) => id).toSorted()).toEqual([first.id, other.id].toSorted());
  });

  test('tells archives of one name apart that are stored at the same time by two catalogues', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const [mine, theirs] = [rig.open('catalog-1'), rig.open('catalog-2')];
    const files = [5000, 5001, 5002, 5003].map((sizeBytes) => archiveFile(folder, sizeBytes));
    const stored = await Promise.all(
      files.map(async (file, index) => await (index % 2 === 0 ? mine : theirs).put(NAME, file, putOptions())),
    );
    expect(new Set(stored.map(({ id }) => id)).size).toBe(files.length);
    for (const [index, object] of stored.entries()) {
      const content = await buffer(await mine.get(object, never));
      expect(content.equals(files[index]?.content ?? Buffer.alloc(0))).toBe(true);
    }
    expect(await rig.there()).toHaveLength(files.length);
    expect(await rig.leftovers()).toEqual([]);
  });

  test.each([
    'our shop/night ly.sql.7z',
    'a+b/1+1=2.sql.7z',
    '100%/%41 %2F%.sql.7z',
    'größe/naïve ñ.sql.7z',
    '日本/データ 🐘.sql.7z',
    "it's/(a) [b] {c} !*~$&;,@:.sql.7z",
    '#1?x=y&z/shop.20261123.v2.sql.7z',
    '-rf/--shop.bin.7z',
  ])('stores, lists, fetches and removes under the name %s', async (name) => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const storage = rig.open();
    const file = archiveFile(folder, 5000);
    await storage.prepare(name, never);
    const stored = await storage.put(name, file, putOptions());
    expect(await rig.there()).toEqual([{ id: stored.id, name, sizeBytes: 5000, sha1: file.sha1 }]);
    const [found, ...others] = await listed(storage, name);
    expect([found?.name, found?.id, others]).toEqual([name, stored.id, []]);
    expect((await buffer(await storage.get(found ?? stored, never))).equals(file.content)).toBe(true);
    await rig.leaveUnfinished(name, 'catalog-1');
    expect(await storage.sweep(name, never)).toHaveLength(1);
    expect(await rig.leftovers()).toEqual([]);
    await storage.remove(found ?? stored, never);
    expect(await rig.there()).toEqual([]);
  });

  test('lists 2,500 versions, each once, by name and then newest first', async () => {
    await using rig = await kind.start();
    const storage = rig.open();
    const names = Array.from({ length: 500 }, (_name, index) => `many/shop-${1000 + index}.sql.7z`);
    const times = Array.from({ length: 5 }, (_time, index) => new Date(Date.UTC(2026, 0, 1 + index)));
    const planted = names.flatMap((name) => times.map((startedAt) => ({ name, startedAt })));
    const ids = await rig.plant(planted);

    const found = await listed(storage, 'many/');
    const newestFirst = names.flatMap((_name, index) => ids.slice(5 * index, 5 * index + 5).toReversed());
    expect(found.map(({ name }) => name)).toEqual(planted.map(({ name }) => name));
    expect(found.map(({ id }) => id)).toEqual(newestFirst);
    expect(new Set(newestFirst).size).toBe(2500);
    expect(await listed(storage, 'many/shop-1234')).toHaveLength(5);
    expect(await listed(storage, 'many/shop-100')).toHaveLength(50);
  });

  test('sweeps what killed uploads of its own catalogue and that name left, and nothing else {kill@upload}', async () => {
    await using rig = await kind.start();
    using folder = temporaryFolder();
    const [mine, theirs] = [rig.open('catalog-1'), rig.open('catalog-2')];
    const kept = await mine.put(NAME, archiveFile(folder, 5000), putOptions());
    await rig.leaveUnfinished(NAME, 'catalog-1');
    await rig.leaveUnfinished(NAME, 'catalog-2');
    await rig.leaveUnfinished('shop.sql.7z.sql.7z', 'catalog-1');
    await rig.leaveUnfinished('sub/shop.sql.7z', 'catalog-1');
    expect((await listed(mine, '')).map(({ id }) => id)).toEqual([kept.id]);

    expect(await mine.sweep(NAME, never)).toHaveLength(1);
    expect(await rig.leftovers()).toHaveLength(3);
    expect(await mine.sweep(NAME, never)).toEqual([]);
    expect(await theirs.sweep(NAME, never)).toHaveLength(1);
    expect(await rig.leftovers()).toHaveLength(2);
    expect((await rig.there()).map(({ id }) => id)).toEqual([kept.id]);
  });
}
