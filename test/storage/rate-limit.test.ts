import { expect, test } from '@jest/globals';
import { openStorage } from '../../src/storage/registry.ts';
import { createRateLimit } from '../../src/storage/streaming/rate-limit.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, putOptions } from './archives.ts';
import { s3Place } from './open-s3.ts';

const BYTES = 150_000;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const beganAt = performance.now();
  await work();
  return (performance.now() - beganAt) / 1000;
}

test('uploads to one destination stay at its rate together, and a slow rate is no silence', async () => {
  await using place = await s3Place();
  using folder = temporaryFolder();
  const storage = place.open({ rate: createRateLimit(BYTES), idleMs: 900 });
  const put = async (name: string) => await storage.put(name, archiveFile(folder, BYTES), putOptions());
  const seconds = await secondsOf(async () => await Promise.all([put('one.sql.7z'), put('two.sql.7z')]));
  expect(seconds).toBeGreaterThan(1.6);
});

test('a directory with a rate takes its time, however often it is opened', async () => {
  using folder = temporaryFolder();
  const put = async () => {
    const destination = { kind: 'directory' as const, path: folder.at('backups'), bytesPerSecond: 2 * BYTES };
    const storage = await openStorage(destination, { owner: 'catalog-1' });
    await storage.put('shop.sql.7z', archiveFile(folder, BYTES), putOptions());
  };
  expect(await secondsOf(async () => await Promise.all([put(), put()]))).toBeGreaterThan(0.4);
});
