import { expect, test } from '@jest/globals';
import { openStorage } from '../../src/storage/registry.ts';
import { Secret } from '../../src/core/secret.ts';
import { withPrefix } from '../../src/storage/with-prefix.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { B2 } from './contract/b2.rig.ts';
import { keepsToTheContract } from './contract/suite.ts';
import { b2Place, BUCKET } from './open-b2.ts';

const PREFIX = 'hosts/one';

/** The referee sees whole names; cases that compare them with its own get those behind the prefix. */
keepsToTheContract({
  ...B2,
  name: 'B2 below a prefix',
  start: async () => {
    const rig = await B2.start();
    const behind = <Named extends { name: string }>(one: Named) => ({
      ...one,
      name: one.name.slice(PREFIX.length + 1),
    });
    return {
      ...rig,
      open: (owner) => withPrefix(rig.open(owner), PREFIX),
      there: async () => (await rig.there()).map((one) => behind(one)),
      leftovers: async () => (await rig.leftovers()).map((name) => name.slice(PREFIX.length + 1)),
      plant: async (versions) => await rig.plant(versions.map((one) => ({ ...one, name: `${PREFIX}/${one.name}` }))),
      leaveUnfinished: async (name, owner) => await rig.leaveUnfinished(`${PREFIX}/${name}`, owner),
    };
  },
});

test('a prefix stands before the names in the bucket, and in the place, and hides what is beside it', async () => {
  await using place = await b2Place();
  using folder = temporaryFolder();
  const { id, key } = place.server.masterKey;
  const keys = { keyId: new Secret(id), applicationKey: new Secret(key), apiUrl: place.server.url };
  const below = await openStorage({ kind: 'b2', bucket: BUCKET, prefix: 'hosts/one', ...keys }, { owner: 'catalog-1' });
  const whole = await openStorage({ kind: 'b2', bucket: BUCKET, ...keys }, { owner: 'catalog-1' });
  const stored = await below.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
  await whole.put('hosts/onerous.sql.7z', archiveFile(folder, 5001), putOptions());
  expect(below.place).toBe(`b2:${BUCKET}/hosts/one`);
  expect(stored.name).toBe('shop.sql.7z');
  expect((await listed(below, '')).map(({ name }) => name)).toEqual(['shop.sql.7z']);
  expect((await listed(whole, '')).map(({ name }) => name).toSorted()).toEqual([
    'hosts/one/shop.sql.7z',
    'hosts/onerous.sql.7z',
  ]);
  await below.remove(stored, never);
  expect(await listed(below, '')).toEqual([]);
});
