import { expect, test } from '@jest/globals';
import type { ObjectLock } from '../../src/storage/object-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { b2Place } from './open-b2.ts';
import { s3Place } from './open-s3.ts';

const NAME = 'shop.sql.7z';
const LOCK: ObjectLock = { days: 30, mode: 'compliance' };
const inDays = (days: number) => Date.now() + days * 86_400_000;

test('in B2, small and large archives are locked from their upload on, and their removal is refused {locked@prune}', async () => {
  await using place = await b2Place();
  using folder = temporaryFolder();
  place.server.createBucket('locking', { fileLock: true });
  const storage = place.open({ bucket: 'locking', objectLock: LOCK });
  await storage.prepare(NAME, never);
  const stored = await storage.put(NAME, archiveFile(folder, 5000), putOptions());
  await storage.put(NAME, archiveFile(folder, 13_000_000), putOptions());
  const versions = place.server.versions('locking');
  expect(versions.map(({ retention }) => retention?.mode)).toEqual(['compliance', 'compliance']);
  for (const { retention } of versions) {
    expect(Math.abs((retention?.retainUntilTimestamp ?? 0) - inDays(30))).toBeLessThan(60_000);
  }
  await expect(storage.remove(stored, never)).rejects.toThrow('Object Lock keeps this version');
  expect(await listed(storage, NAME)).toMatchObject([{}, { id: stored.id, lock: expect.stringMatching(/^until 20/) }]);
});

test('in B2, a key or a bucket that cannot lock is refused before the dump', async () => {
  await using place = await b2Place();
  using folder = temporaryFolder();
  const unlocked = place.open({ objectLock: LOCK });
  await expect(unlocked.prepare(NAME, never)).rejects.toThrow('the bucket pgbak-bucket has no Object Lock');
  const blind = place.server.createKey({
    capabilities: ['listFiles', 'writeFiles', 'listBuckets', 'writeFileRetentions'],
  });
  const believed = place.open({ objectLock: LOCK, key: blind });
  await believed.prepare(NAME, never);
  await expect(believed.put(NAME, archiveFile(folder, 5000), putOptions())).rejects.toThrow('has no Object Lock');
  const { id } = place.server.createBucket('locking', { fileLock: true });
  const key = place.server.createKey({ bucketId: id, capabilities: ['listBuckets', 'listFiles', 'writeFiles'] });
  const unable = place.open({ bucket: 'locking', objectLock: LOCK, key });
  await expect(unable.prepare(NAME, never)).rejects.toThrow('lacks the capability writeFileRetentions');
});

test('in S3, archives are locked, and a bucket without Object Lock is refused before the dump', async () => {
  await using place = await s3Place({ versioning: 'Enabled' });
  using folder = temporaryFolder();
  const storage = place.open({ objectLock: { days: 2, mode: 'governance' } });
  await storage.prepare(NAME, never);
  await storage.put(NAME, archiveFile(folder, 5000), putOptions());
  const [version] = place.server.bucket.versions;
  expect(version?.headers['x-amz-object-lock-mode']).toBe('GOVERNANCE');
  expect(Math.abs((version?.retainUntil?.getTime() ?? 0) - inDays(2))).toBeLessThan(60_000);
  place.server.bucket.hasLock = false;
  await expect(storage.prepare(NAME, never)).rejects.toThrow('the bucket pgbak-bucket has no Object Lock');
});
