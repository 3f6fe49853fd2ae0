import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CATALOG_FACT } from '../../../src/storage/storage.ts';
import { partialNameOf, versionNameOf } from '../../../src/storage/version-names.ts';
import { rcloneRig } from '../../support/rclone.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';

describe('a remote of rclone', () => {
  test('holds an archive under a stamped name, with a sidecar that sha256sum reads', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const file = archiveFile(folder, 5000);
    const stored = await rig.open({ path: 'a b' }).put('x/shop.bin.7z', file, putOptions());
    expect(stored.id).toBe('x/shop.20261123T101500Z.bin.7z');
    const names = ['shop.20261123T101500Z.bin.7z', 'shop.20261123T101500Z.bin.7z.sha256'];
    expect(readdirSync(`${rig.directory}/a b/x`).toSorted()).toEqual(names);
    expect(readFileSync(`${rig.directory}/a b/x/${names[0]}`).equals(file.content)).toBe(true);
    execFileSync('sha256sum', ['--check', '--status', names[1] ?? ''], { cwd: `${rig.directory}/a b/x` });
  });

  test('keeps the facts of an archive and the id of its catalogue, and lists them', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const storage = rig.open();
    const stored = await storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
    const [object] = await listed(storage, 'shop');
    expect(object?.info).toMatchObject({ 'pgbak-server': 'größe & co', [CATALOG_FACT]: 'catalog-1' });
    expect(await storage.sumNoteOf(stored)).toBe(`sha256:${stored.sha256}`);
    expect(object && (await storage.sumNoteOf(object))).toBe(`sha256:${stored.sha256}`);
    // Another archive that was put there by hand has none.
    writeFileSync(`${rig.directory}/other.20261123T101500Z.sql.7z`, 'x');
    expect(await storage.sumNoteOf({ id: 'other.20261123T101500Z.sql.7z' })).toBeUndefined();
  });

  test.each(['größe & co', 'a+b 100%', '[x] {y} *?', "it's \\ back", ' .hidden', '-o', '日本語', 'a:b'])(
    'takes the name %j and finds it again',
    async (name) => {
      using folder = temporaryFolder();
      const storage = rcloneRig(folder).open({ path: 'sub' });
      const file = archiveFile(folder, 5000);
      await storage.prepare(`${name}.sql.7z`, never);
      const stored = await storage.put(`${name}.sql.7z`, file, putOptions());
      expect(await listed(storage, `${name}.sql`)).toMatchObject([{ id: stored.id, name: `${name}.sql.7z` }]);
      expect(await storage.sweep(`${name}.sql.7z`, never)).toEqual([]);
      await storage.remove(stored, never);
      expect(readdirSync(folder.at('nas', 'sub'))).toEqual([]);
    },
  );

  test('lists what begins with a prefix, and all of that, whatever points and folders are in the names', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
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
    const objects = names.map((name) => `${name}.sql.7z`).toSorted();
    for (const name of objects) {
      mkdirSync(`${rig.directory}/${name.replace(/[^/]*$/, '')}`, { recursive: true });
      writeFileSync(`${rig.directory}/${versionNameOf(name, new Date(), 1)}`, '');
    }
    for (const prefix of ['', 's', 'shop', 'shop.', 'shop.e', 'sub', 'sub.', 'sub.one/', 'sub/sh', '.h', 'x']) {
      const expected = objects.filter((name) => name.startsWith(prefix));
      expect([prefix, (await listed(rig.open(), prefix)).map(({ name }) => name)]).toEqual([prefix, expected]);
    }
  });

  test('lists 2,500 archives with their facts', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    for (let i = 0; i < 2500; i += 1) {
      const id = versionNameOf('shop.sql.7z', new Date(Date.UTC(2020, 0, 1) + i * 3_600_000), 1);
      writeFileSync(`${rig.directory}/${id}`, 'x');
      writeFileSync(`${rig.directory}/${id}.sha256`, `# pgbak-facts {"n":"${i}"}\n${'0'.repeat(64)}  ${id}\n`);
    }
    const objects = await listed(rig.open(), 'shop.sql.7z');
    expect(objects).toHaveLength(2500);
    expect(objects.map(({ info }) => info?.['n'])).toEqual(Array.from({ length: 2500 }, (_, i) => String(2499 - i)));
  });

  test('sweeps the unfinished files of its own catalogue and of that name only', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    for (const [name, owner] of [
      ['shop.sql.7z', 'catalog-1'],
      ['shop.sql.7z', 'catalog-2'],
      ['other.sql.7z', 'catalog-1'],
    ] as const) {
      writeFileSync(`${rig.directory}/${partialNameOf(name, owner)}`, 'half');
    }
    const storage = rig.open();
    const stored = await storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
    const theirs = await rig
      .open({ owner: 'catalog-2' })
      .put('shop.sql.7z', archiveFile(folder, 5001), putOptions({ startedAt: new Date('2026-11-24T00:00:00Z') }));
    // Archives that were removed by hand leave their sidecars.
    for (const { id } of [stored, theirs]) rmSync(`${rig.directory}/${id}`);
    expect(await listed(storage, '')).toEqual([]);
    expect(await storage.sweep('shop.sql.7z', never)).toEqual([
      expect.stringMatching(/^removed the unfinished file nas:\.shop\.sql\.7z\./),
      `removed nas:${stored.id}.sha256, since its archive is gone`,
    ]);
    expect(readdirSync(rig.directory)).toHaveLength(3);
    expect(await storage.sweep('shop.sql.7z', never)).toEqual([]);
  });

  test('never overwrites what stands there, and stores two at once under two names {replaced@publish}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    writeFileSync(`${rig.directory}/shop.20261123T101500Z.sql.7z`, 'precious');
    const storage = rig.open();
    const files = [archiveFile(folder, 5000), archiveFile(folder, 5001), archiveFile(folder, 5002)];
    const stored = await Promise.all(files.map((file) => storage.put('shop.sql.7z', file, putOptions())));
    expect(readFileSync(`${rig.directory}/shop.20261123T101500Z.sql.7z`, 'utf8')).toBe('precious');
    const held = stored.map(({ id }) => readFileSync(`${rig.directory}/${id}`));
    expect(held.map((bytes, i) => bytes.equals(files[i]?.content ?? Buffer.of()))).toEqual([true, true, true]);
    expect(readdirSync(rig.directory)).toHaveLength(7);
  });

  test('removes nothing that is no archive, and takes a removal twice', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    const storage = rig.open({ path: 'sub' });
    writeFileSync(`${rig.directory}/notes.txt`, 'x');
    for (const id of ['../notes.txt', '../x/../../a.20261123T101500Z.sql.7z', 'notes.txt'])
      await expect(storage.remove({ id, name: 'x' }, never)).rejects.toThrow('was not removed');
    expect(existsSync(`${rig.directory}/notes.txt`)).toBe(true);
    await storage.remove({ id: 'gone.20261123T101500Z.sql.7z', name: 'x' }, never);
  });

  test('a directory that is gone, where archives should be, is no empty one {gone@fetch}', async () => {
    using folder = temporaryFolder();
    const rig = rcloneRig(folder);
    let expected: string[] = [];
    const memory = {
      mark: () => Promise.resolve(undefined),
      noteMark: () => Promise.resolve(),
      expected: () => Promise.resolve(expected),
    };
    const storage = rig.open({ path: 'mounted', memory });
    expect(await listed(storage, '')).toEqual([]);
    await storage.check('shop.sql.7z', never);
    expected = ['shop.20261123T101500Z.sql.7z'];
    for (const ask of [() => listed(storage, ''), () => storage.prepare('shop.sql.7z', never)])
      await expect(ask()).rejects.toThrow('the directory nas:mounted is not there, where archives were stored before');
  });
});
