import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openCatalog, type Catalog } from '../../src/catalog/open-catalog.ts';
import { systemClock } from '../../src/system/clock.ts';
import { serverRecord } from '../support/server-record.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const NOW = new Date('2026-11-27T10:00:00Z');
let folder: TemporaryFolder;
let catalog: Catalog;
let serverId: number;
beforeEach(async () => {
  folder = temporaryFolder();
  catalog = await openCatalog(folder.at('backup.sqlite'), {
    use: 'create',
    clock: systemClock,
    temporaryDirectory: tmpdir(),
  });
  ({ id: serverId } = await catalog.servers.add(serverRecord({ name: 'shop' })));
});
afterEach(async () => {
  await catalog.close();
  folder[Symbol.dispose]();
});

/** A backup that is stored in two places, and has not ended. */
async function storedTwice(): Promise<number> {
  const { backups } = catalog;
  const kind = { format: 'sql', compression: 'lzma2:1', objectName: 'shop.sql.7z' } as const;
  const id = await backups.start({ serverId, startedAt: NOW, ...kind });
  await backups.noteStored(id, {
    sizeBytes: 5000,
    rawSizeBytes: 9000,
    place: 'b2:one',
    objectId: 'first',
    checksum: { partSums: [{ sizeBytes: 5000, sha1: '1'.repeat(40) }] },
    roles: [],
    facts: { encoding: 'UTF8', provider: 'libc', collate: 'C', ctype: 'C' },
    hasGlobals: false,
    rowCounts: { 'public.goods': 7 },
  });
  await backups.noteCopy(id, { place: 'file:/two', objectId: 'second', checksum: { sha256: '2'.repeat(64) } }, NOW);
  return id;
}

test('the copies of a backup that failed are no good ones', async () => {
  const id = await storedTwice();
  await catalog.backups.fail(id, { finishedAt: NOW, error: 'its verification failed', warnings: [] });
  const archives = await catalog.backups.archives(serverId);
  expect(archives.map(({ place, result }) => [place, result])).toEqual([
    ['file:/two', 'failed'],
    ['b2:one', 'failed'],
  ]);
  expect(await catalog.backups.newestPoints(10, [serverId])).toEqual([]);
});

test('a backup is a restore point with its sums and its rows while one of its copies is left', async () => {
  const id = await storedTwice();
  const { backups } = catalog;
  await backups.finish(id, { finishedAt: NOW, runStartedAt: NOW, warnings: [] });
  await catalog.verifications.record({
    backupId: id,
    level: 'archive',
    isGood: false,
    message: 'bad',
    verifiedAt: NOW,
  });
  await backups.noteRemoved([id], NOW);
  expect(await backups.newestPoints(10, [serverId])).toMatchObject([
    { backupId: id, place: 'file:/two', objectId: 'second', sha256: '2'.repeat(64), sizeBytes: 5000 },
  ]);
  expect(await backups.partSums(id)).toBeUndefined();
  expect(await backups.rowCounts(id)).toEqual({ 'public.goods': 7 });
  // What was found bad was the archive that is gone.
  expect(await catalog.verifications.verdictsOf([id])).toEqual(new Map());
  const [left] = await backups.heldCopies(id);
  await backups.noteRemoved([left?.backupId ?? 0], NOW);
  expect(await backups.newestPoints(10, [serverId])).toEqual([]);
});
