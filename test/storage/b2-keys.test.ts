import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

const bucketId = ({ server }: B2Place) => server.createBucket('another-bucket').id;

describe('a key', () => {
  test('of one bucket and one prefix, without the right to list buckets, does all the work', async () => {
    await using place = await b2Place();
    using folder = temporaryFolder();
    const id = bucketId(place);
    const capabilities = ['listFiles', 'readFiles', 'writeFiles', 'deleteFiles'];
    const key = place.server.createKey({ bucketId: id, namePrefix: 'nightly/', capabilities });
    const storage = place.open({ key, bucket: 'another-bucket' });

    await storage.prepare('nightly/shop.sql.7z', never);
    const stored = await storage.put('nightly/shop.sql.7z', archiveFile(folder, 23_000_000), putOptions());
    expect(await listed(storage, 'nightly/')).toMatchObject([
      { id: stored.id, sizeBytes: 23_000_000, sha1: stored.sha1 },
    ]);
    expect(await storage.sweep('nightly/shop.sql.7z', never)).toEqual([]);
    await storage.remove(stored, never);
    await expect(storage.prepare('weekly/shop.sql.7z', never)).rejects.toThrow(
      'may only store names that begin with nightly/, and weekly/shop.sql.7z does not',
    );
  });

  test('that may only write stores small and large archives', async () => {
    await using place = await b2Place();
    using folder = temporaryFolder();
    const key = place.server.createKey({ bucketId: bucketId(place), capabilities: ['writeFiles'] });
    const storage = place.open({ key, bucket: 'another-bucket' });
    place.server.faults.add({ endpoint: 'b2_upload_file', action: { kind: 'lose-response' } });
    await storage.put('shop.sql.7z', archiveFile(folder, 5000), putOptions());
    await storage.put('shop.sql.7z', archiveFile(folder, 13_000_000), putOptions());
  });

  test.each<[string, (place: B2Place) => Parameters<B2Place['open']>[0], RegExp]>([
    [
      'that is wrong {secret@connect}',
      () => ({ key: { id: 'nobody', key: 'K005wrong' } }),
      /does not accept the application key/,
    ],
    [
      'of another bucket {denied@connect}',
      (place) => ({ key: place.server.createKey({ bucketId: bucketId(place) }) }),
      /the application key is for the bucket another-bucket, not for pgbak-bucket/,
    ],
    [
      'that may not write {denied@connect}',
      (place) => ({ key: place.server.createKey({ capabilities: ['listBuckets', 'listFiles'] }) }),
      /lacks the capability writeFiles/,
    ],
    [
      'for a bucket that is not there {gone@connect}',
      () => ({ bucket: 'no-such-bucket' }),
      /there is no bucket no-such-bucket/,
    ],
  ])('%s is told so before anything is dumped, and never seen', async (_name, options, message) => {
    await using place = await b2Place();
    const error: unknown = await place
      .open(options(place))
      .prepare('shop.sql.7z', never)
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(message);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/K005|Basic |4_[\da-f]{20}/);
  });

  test('that B2 refuses names the key, not the network {secret@connect}', async () => {
    await using place = await b2Place();
    const wrong = place.open({ key: { id: 'nobody', key: 'K005wrong' } });
    await expect(wrong.prepare('shop.sql.7z', never)).rejects.toThrow(
      'B2 does not accept the application key: the key ID or the key is wrong (HTTP 401, unauthorized)',
    );
  });
});

describe('what another upload left', () => {
  test('is cancelled when it is of the same catalogue and name, and left alone otherwise', async () => {
    await using place = await b2Place({ uploadBytesPerSecond: 2_000_000 });
    using folder = temporaryFolder();
    const file = archiveFile(folder, 13_000_000);
    // Three that stay half done, as after kill -9: nobody cancels them.
    const abandoned = [
      place.open({ owner: 'catalog-1' }).put('shop.sql.7z', file, putOptions()),
      place.open({ owner: 'catalog-1' }).put('shop.sql.7z.old', file, putOptions()),
      place.open({ owner: 'catalog-2' }).put('shop.sql.7z', file, putOptions()),
    ];
    await eventually('three unfinished files', () => place.server.unfinished().length === 3);

    const swept = await place.open({ owner: 'catalog-1' }).sweep('shop.sql.7z', never);
    expect(swept).toEqual([expect.stringMatching(/^cancelled the unfinished upload of shop\.sql\.7z begun at 20/)]);
    expect(place.server.unfinished()).toHaveLength(2);
    expect((await Promise.allSettled(abandoned)).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(place.server.versions(BUCKET)).toHaveLength(2);
  });
});

test('parts go up several at a time', async () => {
  await using place = await b2Place({ uploadBytesPerSecond: 20_000_000 });
  using folder = temporaryFolder();
  await place.open().put('shop.sql.7z', archiveFile(folder, 33_000_000), putOptions());
  expect(place.server.peakUploads()).toBe(4);
  expect(place.server.versions(BUCKET)[0]?.fileInfo).toMatchObject({
    'pgbak-catalog': 'catalog-1',
    'pgbak-server': 'größe & co',
    large_file_sha1: expect.stringMatching(/^[\da-f]{40}$/),
    src_last_modified_millis: expect.stringMatching(/^\d{13}$/),
  });
});

describe('what a key cannot do', () => {
  test('is told, and a probe leaves nothing even where it may not delete {denied@connect}', async () => {
    await using place = await b2Place();
    const key = place.server.createKey({ capabilities: ['listBuckets', 'writeFiles'] });
    const storage = place.open({ key });
    await storage.probe?.('shop.probe.sql.7z', never);
    expect(place.server.versions(BUCKET)).toEqual([]);
    expect(await storage.limits?.(never)).toEqual([
      expect.stringContaining('may not list files'),
      expect.stringContaining('may not read files'),
    ]);
    const recommended = place.server.createKey({
      capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
    });
    expect(await place.open({ key: recommended }).limits?.(never)).toEqual([]);
  });
});
