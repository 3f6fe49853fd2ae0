import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { StorageError } from '../../../src/core/errors.ts';
import type { ArchiveFile, Storage, StoredObject } from '../../../src/storage/storage.ts';
import { beginUpload } from '../../../src/storage/streaming/begin-upload.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';
import { growingFile } from '../growing-file.ts';
import { FOR_GOOD, type Kind, type Rig } from './rig.ts';

const NAME = 'shop.sql.7z';

/** What became of an upload whose answers are not to be trusted. */
type Outcome = { stored: StoredObject } | { error: unknown };

async function outcomeOf(storing: Promise<StoredObject>): Promise<Outcome> {
  return await storing.then(
    (stored) => ({ stored }),
    (error: unknown) => ({ error }),
  );
}

/**
 * Either the archive is there once, whole, and known; or the upload has failed, and what may be there all the same was told.
 * The next backup then goes well in any case.
 */
async function expectOnceOrTold(
  rig: Rig,
  { outcome, unsettled, sha1, sizeBytes }: { outcome: Outcome; unsettled: number; sha1: string; sizeBytes: number },
): Promise<void> {
  expect(rig.struck()).toBeGreaterThan(0);
  const there = await rig.there();
  if ('stored' in outcome) {
    const { id } = outcome.stored;
    expect(there).toEqual([{ id, name: NAME, sizeBytes, sha1 }]);
    expect(outcome.stored.sha1 ?? sha1).toBe(sha1);
    expect(unsettled).toBe(0);
  } else {
    expect(outcome.error).toBeInstanceOf(StorageError);
    // What is there without being known is told, and is whole.
    if (there.length > 0) expect(unsettled).toBe(1);
    expect(there.every((object) => object.sha1 === sha1)).toBe(true);
  }
  await rig.disarm();
  const storage = rig.open();
  await storage.sweep(NAME, never);
  expect(await rig.leftovers()).toEqual([]);
  for (const object of await listed(storage, NAME)) await storage.remove(object, never);
  expect(await rig.there()).toEqual([]);
}

async function putCounting(storage: Storage, file: ArchiveFile) {
  let unsettled = 0;
  const onUnsettled = () => void (unsettled += 1);
  const outcome = await outcomeOf(storage.put(NAME, file, putOptions({ onUnsettled })));
  return { outcome, unsettled };
}

/** Answers that are lost, or say something else than what was done. */
export function doubtCases(kind: Kind): void {
  if (kind.cannot['lose the answer'] === undefined) {
    test.each(kind.sizes)(
      'stores %i bytes once, although the answer is lost after all was stored {lost@upload, lost@publish}',
      async (sizeBytes) => {
        await using rig = await kind.start();
        using folder = temporaryFolder();
        const file = archiveFile(folder, sizeBytes);
        await rig.arm('lose the answer', 'finish');
        const result = await putCounting(rig.open(), file);
        expect(result.outcome).toHaveProperty('stored');
        await expectOnceOrTold(rig, { ...result, ...file });
      },
    );

    test('stores an archive that grew once, although answers are lost {lost@upload, lost@publish}', async () => {
      await using rig = await kind.start();
      using folder = temporaryFolder();
      const { content, sha1, sizeBytes } = archiveFile(folder, kind.growingBytes);
      const archive = growingFile(folder.at('growing.7z'), content);
      let unsettled = 0;
      const onUnsettled = () => void (unsettled += 1);
      await rig.arm('lose the answer', 'send');
      await rig.arm('lose the answer', 'finish');
      const upload = beginUpload(rig.open(), NAME, { path: archive.file.path }, putOptions({ onUnsettled }));
      archive.writeAll();
      upload.written(sizeBytes);
      const outcome = await outcomeOf(upload.complete(sizeBytes, {}));
      expect(outcome).toHaveProperty('stored');
      await expectOnceOrTold(rig, { outcome, unsettled, sha1, sizeBytes });
    });

    test.each(kind.sizes)(
      'tells what may be left of %i bytes, where answers are lost and nothing can be asked {lost@publish}',
      async (sizeBytes) => {
        await using rig = await kind.start();
        using folder = temporaryFolder();
        const file = archiveFile(folder, sizeBytes);
        await rig.arm('lose the answer', 'finish', FOR_GOOD);
        await rig.arm('lose the answer', 'ask', FOR_GOOD);
        await expectOnceOrTold(rig, { ...(await putCounting(rig.open(), file)), ...file });
      },
    );

    test('removes a version although the answer is lost {lost@prune}', async () => {
      await using rig = await kind.start();
      using folder = temporaryFolder();
      const storage = rig.open();
      const kept = await storage.put(NAME, archiveFile(folder, 5000), putOptions());
      const gone = await storage.put(NAME, archiveFile(folder, 5001), putOptions());
      await rig.arm('lose the answer', 'remove');
      await storage.remove(gone, never);
      expect(rig.struck()).toBe(1);
      expect((await rig.there()).map(({ id }) => id)).toEqual([kept.id]);
    });
  }

  if (kind.cannot['answer a wrong checksum'] === undefined) {
    const answers = kind.sizes.flatMap((sizeBytes) => [
      [`once, of ${sizeBytes} bytes`, sizeBytes, 1] as const,
      [`always, of ${sizeBytes} bytes`, sizeBytes, FOR_GOOD] as const,
    ]);
    test.each(answers)(
      'believes no wrong checksum that is answered: %s {damaged@upload, damaged@publish}',
      async (_what, sizeBytes, times) => {
        await using rig = await kind.start();
        using folder = temporaryFolder();
        const file = archiveFile(folder, sizeBytes);
        await rig.arm('answer a wrong checksum', 'send', times);
        await expectOnceOrTold(rig, { ...(await putCounting(rig.open(), file)), ...file });
        await rig.arm('answer a wrong checksum', 'finish', times);
        await expectOnceOrTold(rig, { ...(await putCounting(rig.open(), file)), ...file });
      },
    );
  }

  if (kind.cannot['cut the download'] === undefined) {
    test('goes on where a download was cut, more than once {lost@fetch}', async () => {
      await using rig = await kind.start();
      using folder = temporaryFolder();
      const storage = rig.open();
      const file = archiveFile(folder, kind.sizes.at(-1) ?? 0);
      const stored = await storage.put(NAME, file, putOptions());
      await rig.arm('cut the download', 'fetch', 3);
      expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
      expect(rig.struck()).toBe(3);
    });

    test('does not take the beginning of a download for all of it {lost@fetch}', async () => {
      await using rig = await kind.start();
      using folder = temporaryFolder();
      const storage = rig.open();
      const stored = await storage.put(NAME, archiveFile(folder, kind.sizes.at(-1) ?? 0), putOptions());
      await rig.arm('cut the download', 'fetch');
      await rig.arm('storm of 503', 'fetch', FOR_GOOD);
      const fetching = async () => await buffer(await storage.get(stored, never));
      await expect(fetching()).rejects.toThrow(StorageError);
    });
  }
}
