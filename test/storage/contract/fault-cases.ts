import { inspect } from 'node:util';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { formatNote } from '../../../src/core/checksum-note.ts';
import { StorageError } from '../../../src/core/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from '../archives.ts';
import { FOR_GOOD, type FaultName, type Kind, type Step } from './rig.ts';

const NAME = 'shop.sql.7z';
const STEPS: readonly Step[] = ['send', 'finish', 'ask', 'fetch', 'remove'];
/** An interruption is not to wait for a connection that stands still. */
const AT_ONCE_MS = 5000;

/** Stores, lists, fetches and removes an archive while a fault strikes at one step, and sees that all was done. */
async function expectAllDone(
  kind: Kind,
  sizeBytes: number,
  fault: FaultName,
  step: Step,
  times: number,
): Promise<void> {
  await using rig = await kind.start();
  using folder = temporaryFolder();
  const storage = rig.open();
  const file = archiveFile(folder, sizeBytes);
  await storage.prepare(NAME, never);
  await rig.arm(fault, step, times);
  const stored = await storage.put(NAME, file, putOptions());
  expect(await rig.there()).toEqual([{ id: stored.id, name: NAME, sizeBytes, sha1: file.sha1 }]);
  expect((await listed(storage, NAME)).map(({ id }) => id)).toEqual([stored.id]);
  expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
  await storage.remove(stored, never);
  expect(await rig.there()).toEqual([]);
  expect(await rig.leftovers()).toEqual([]);
  expect(rig.struck()).toBeGreaterThanOrEqual(times);
}

/** Expects that an upload fails with words, no secret among them, and leaves nothing once its place is well again. */
async function expectNothingStored(kind: Kind, fault: FaultName, sizeBytes: number, words: RegExp): Promise<void> {
  await using rig = await kind.start();
  using folder = temporaryFolder();
  const storage = rig.open();
  await storage.prepare(NAME, never);
  await rig.arm(fault, 'send', FOR_GOOD);
  const error: unknown = await storage.put(NAME, archiveFile(folder, sizeBytes), putOptions()).then(
    () => 'stored',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toHaveProperty('message', expect.stringMatching(words));
  for (const secret of rig.secrets) expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
  expect(await rig.there()).toEqual([]);
  expect(rig.struck()).toBeGreaterThan(0);

  await rig.disarm();
  const next = rig.open();
  await next.sweep(NAME, never);
  expect(await rig.leftovers()).toEqual([]);
  const stored = await next.put(NAME, archiveFile(folder, sizeBytes), putOptions());
  expect((await rig.there()).map(({ id }) => id)).toEqual([stored.id]);
}

/** Services that are slow, busy or full, credentials that run out, and objects that are locked. */
export function faultCases(kind: Kind): void {
  const can = (fault: FaultName | 'lock an object') => kind.cannot[fault] === undefined;
  const [smallBytes = 0] = kind.sizes;
  /** What an archive goes through; steps that are the same for large ones, with a small one alone. */
  const passing = STEPS.flatMap((step) => {
    const sizes = step === 'send' || step === 'finish' ? kind.sizes : [smallBytes];
    return sizes.map((sizeBytes) => [`${step} ${sizeBytes} bytes`, step, sizeBytes] as const);
  });

  if (can('storm of 503')) {
    test.each(passing)(
      'sits out a storm of 503: %s {refused@upload, refused@fetch, refused@prune}',
      async (_what, step, sizeBytes) => {
        await expectAllDone(kind, sizeBytes, 'storm of 503', step, 4);
      },
    );

    test.each(kind.sizes)('gives up %i bytes when the storm does not end {refused@upload}', async (sizeBytes) => {
      await expectNothingStored(kind, 'storm of 503', sizeBytes, /several attempts|busy|503|unavailable/);
    });
  }

  if (can('expire the credentials')) {
    test.each(passing)(
      'renews credentials that expire on the way: %s {secret@upload, secret@fetch, secret@prune}',
      async (_what, step, sizeBytes) => {
        await expectAllDone(kind, sizeBytes, 'expire the credentials', step, 1);
      },
    );
  }

  if (can('revoke the credentials')) {
    test.each(kind.sizes)(
      'names the credentials that are refused in the middle of %i bytes {secret@upload}',
      async (sizeBytes) => {
        await expectNothingStored(kind, 'revoke the credentials', sizeBytes, /\b(key|credentials|token|permission)\b/);
      },
    );
  }

  if (can('stall')) {
    test.each(passing.filter(([, step]) => step === 'send' || step === 'fetch'))(
      'gets over a connection that stands still: %s {hang@upload, hang@fetch}',
      async (_what, step, sizeBytes) => {
        await expectAllDone(kind, sizeBytes, 'stall', step, 1);
      },
    );

    test.each(kind.sizes)('gives up %i bytes when nothing moves any more {hang@upload}', async (sizeBytes) => {
      await expectNothingStored(kind, 'stall', sizeBytes, /nothing moved|time|stall|stood still/i);
    });

    test.each(kind.sizes)(
      'ends the upload of %i bytes at once, although nothing moves {stop@upload, hang@upload}',
      async (sizeBytes) => {
        await using rig = await kind.start();
        using folder = temporaryFolder();
        const storage = rig.open();
        const controller = new AbortController();
        const reason = new Error('stop now');
        await storage.prepare(NAME, never);
        await rig.arm('stall', 'send', FOR_GOOD);
        const { signal } = controller;
        const storing = storage.put(NAME, archiveFile(folder, sizeBytes), putOptions({ signal }));
        storing.catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 300));
        const began = performance.now();
        controller.abort(reason);
        await expect(storing).rejects.toBe(reason);
        expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
        await rig.disarm();
        expect(await rig.there()).toEqual([]);
        await rig.open().sweep(NAME, never);
        expect(await rig.leftovers()).toEqual([]);
      },
    );
  }

  if (can('fill the place')) {
    test.each(kind.sizes)(
      'stores nothing of %i bytes in a place that is full, and says so {full@upload}',
      async (sizeBytes) => {
        await expectNothingStored(kind, 'fill the place', sizeBytes, /space|full|quota|\bcaps?\b/i);
      },
    );
  }

  if (can('lock an object')) {
    test('does not remove what is locked, says so, and removes it once it is not {locked@prune}', async () => {
      await using rig = await kind.start();
      using folder = temporaryFolder();
      const storage = rig.open();
      const noteSum = (sha256: string) => Promise.resolve(formatNote({ sha256 }));
      const locked = await storage.put(NAME, archiveFile(folder, 5000), putOptions({ noteSum }));
      const free = await storage.put(NAME, archiveFile(folder, 5001), putOptions());
      await rig.lock(locked);
      const removing = storage.remove(locked, never);
      await expect(removing).rejects.toThrow(StorageError);
      await expect(removing).rejects.toThrow(/lock|retention|permission denied/i);
      await storage.remove(free, never);
      expect((await rig.there()).map(({ id }) => id)).toEqual([locked.id]);
      // What is kept with it stays as well.
      const [found = locked] = await listed(storage, NAME);
      expect(await storage.sumNoteOf(found)).toBe(`sha256:${locked.sha256}`);
      await rig.unlock(locked);
      await storage.remove(locked, never);
      expect(await rig.there()).toEqual([]);
    });
  }
}
