import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import S3rver from 's3rver';
import { Secret } from '../../src/core/secret.ts';
import { openS3Storage } from '../../src/storage/s3/storage.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { BUCKET, hastyClock, PART_BYTES } from './open-s3.ts';

const NAME = 'nightly/größe + 100%.sql.7z';

/** It knows neither versions nor sums, nor which uploads are unfinished. */
async function startS3rver(directory: string): Promise<{ url: string } & AsyncDisposable> {
  const configureBuckets = [{ name: BUCKET }];
  const service = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await service.run();
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => service.close() };
}

const opened = (endpoint: string, accessKeyId = 'S3RVER') =>
  openS3Storage({
    bucket: BUCKET,
    prefix: 'some prefix',
    endpoint,
    accessKeyId,
    secretAccessKey: new Secret('S3RVER'),
    owner: 'catalog-1',
    clock: hastyClock([]),
    partBytes: PART_BYTES,
  });

test.each([5000, 13_000_000])('a small service takes %i bytes and gives them back', async (sizeBytes) => {
  using folder = temporaryFolder();
  await using service = await startS3rver(folder.path);
  const storage = opened(service.url);
  const file = archiveFile(folder, sizeBytes);
  await storage.prepare(NAME, never);
  expect((await storage.lifecycle?.(NAME, never)) ?? []).toEqual([]);
  const stored = await storage.put(NAME, file, putOptions());
  expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
  expect(await listed(storage, 'nightly/')).toMatchObject([
    { id: stored.id, name: NAME, sizeBytes, info: { 'pgbak-catalog': 'catalog-1', 'pgbak-server': 'größe & co' } },
  ]);
  await storage.remove(stored, never);
  await storage.remove(stored, never);
  expect(await listed(storage, '')).toEqual([]);
});

test('an unknown key is told as such, before anything is dumped {secret@connect}', async () => {
  using folder = temporaryFolder();
  await using service = await startS3rver(folder.path);
  await expect(opened(service.url, 'another').prepare(NAME, never)).rejects.toThrow(/does not know the access key id/);
});
