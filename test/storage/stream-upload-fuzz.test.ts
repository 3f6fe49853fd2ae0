import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { RefusedError, StorageError } from '../../src/core/errors.ts';
import type { Room } from '../../src/storage/storage.ts';
import type { HashedPart, Part } from '../../src/storage/streaming/parts.ts';
import type { PartUpload } from '../../src/storage/streaming/send-parts.ts';
import { streamUpload } from '../../src/storage/streaming/stream-upload.ts';
import { MOST_BEGINNINGS, nextState, START, type UploadEvent } from '../../src/storage/streaming/upload-state.ts';
import { eventually } from '../support/eventually.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { growingFile } from './growing-file.ts';

const event = fc.constantFrom<UploadEvent>(
  ...['small', 'large', 'disk full', 'disk free', 'released', 'complete', 'parts failed'].map(
    (one) => one as UploadEvent,
  ),
  ...(['cancelled', 'refused', 'proved', 'stored', 'failed'] as const),
);

describe('the states of an upload, whatever comes in whatever order', () => {
  const states = (events: readonly UploadEvent[]) => {
    const passed = [START];
    for (const one of events) passed.push(nextState(passed.at(-1) ?? START, one));
    return passed;
  };

  test('never lead back to the beginning of a file whose space was released', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const passed = states(events);
        const released = passed.findIndex(({ hasReleased }) => hasReleased);
        if (released === -1) return;
        const after = passed.slice(released);
        expect(after.map(({ phase }) => phase)).not.toContain('whole');
        expect(new Set(after.map(({ beginnings }) => beginnings)).size).toBe(1);
      }),
      fuzzRuns(2000),
    );
  });

  test('pause the writer only while parts are on their way, and end for good', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const passed = states(events);
        for (const [index, { phase, isPaused, beginnings }] of passed.entries()) {
          if (isPaused) expect(['streaming', 'restarting', 'given up']).toContain(phase);
          expect(beginnings).toBeLessThanOrEqual(MOST_BEGINNINGS);
          if (phase === 'stored' || phase === 'given up') expect(passed.at(-1)).toBe(passed[index]);
        }
      }),
      fuzzRuns(2000),
    );
  });
});

const MEGABYTE = 1_000_000;
const content = randomBytes(22 * MEGABYTE);
const whole = createHash('sha1').update(content).digest('hex');

let folder: TemporaryFolder;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => folder[Symbol.dispose]());

type Fault = 'fail' | 'refuse';
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ isFull: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ fault: fc.constantFrom<Fault>('fail', 'fail', 'fail', 'refuse') }) },
);
const scene = fc.record({
  steps: fc.array(step, { minLength: 2, maxLength: 14 }),
  finish: fc.constantFrom('works', 'works', 'fails', 'is lost'),
  ending: fc.constantFrom('good', 'good', 'good', 'bad', 'interrupted'),
});

/** A storage that takes parts, in memory, and a disk that gives space back. */
function fakePlace(path: string, finishing: string) {
  const place = {
    faults: [] as Fault[],
    begun: 0,
    ended: 0,
    stored: [] as string[],
    isFull: false,
    isHeld: false,
    hasReleased: false,
    begunAfterRelease: 0,
  };
  const read = ({ startByte, sizeBytes }: { startByte: number; sizeBytes: number }) =>
    readFileSync(path).subarray(startByte, startByte + sizeBytes);
  const begin = async (): Promise<PartUpload<{ name: string }>> => {
    place.begun += 1;
    if (place.hasReleased) place.begunAfterRelease += 1;
    const sent = new Map<number, Buffer>();
    return await Promise.resolve({
      openSender:
        () =>
        async (part: Part): Promise<HashedPart> => {
          await new Promise((resolve) => setTimeout(resolve, 2));
          const fault = place.faults.shift();
          if (fault === 'refuse') throw new RefusedError('the key may not');
          if (fault === 'fail') throw new StorageError('the line broke');
          const bytes = Buffer.from(read(part));
          sent.set(part.number, bytes);
          const hash = (name: string) => createHash(name).update(bytes).digest('hex');
          return { ...part, sha1: hash('sha1'), sha256: hash('sha256') };
        },
      finish: async (parts: readonly HashedPart[]) => {
        if (finishing !== 'works') throw new StorageError('no answer');
        place.ended += 1;
        const bytes = Buffer.concat(parts.map(({ number }) => sent.get(number) ?? Buffer.alloc(0)));
        place.stored.push(createHash('sha1').update(bytes).digest('hex'));
        return await Promise.resolve({ name: 'by parts' });
      },
      cancel: async () => {
        place.ended += 1;
        return await Promise.resolve(finishing !== 'is lost');
      },
      doubt: () => new RefusedError('it may be stored'),
    });
  };
  const room: Room = {
    limitBytes: Number.POSITIVE_INFINITY,
    freeBytes: () => Promise.resolve(place.isFull ? 0 : Number.POSITIVE_INFINITY),
    release: async (startByte, sizeBytes) => {
      place.hasReleased = true;
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(sizeBytes), 0, sizeBytes, startByte);
      closeSync(file);
      return await Promise.resolve();
    },
    hold: (isHeld) => (place.isHeld = isHeld),
  };
  const target = {
    smallBytes: 2 * MEGABYTE,
    minimumPartBytes: MEGABYTE,
    attempts: 1,
    begin,
    sweep: () => Promise.resolve(),
    putWhole: async (sizeBytes: number) => {
      expect(place.hasReleased).toBe(false);
      place.stored.push(
        createHash('sha1')
          .update(read({ startByte: 0, sizeBytes }))
          .digest('hex'),
      );
      return await Promise.resolve({ name: 'whole', sha1: whole, sha256: '' });
    },
    isFinal: (error: unknown) => error instanceof RefusedError,
    explain: (error: unknown) => String(error),
  };
  return { place, room, target };
}

let runs = 0;

test(
  'an archive is stored once and as it is, or leaves nothing and says why',
  async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ steps, finish, ending }) => {
        const path = folder.at(`archive-${(runs += 1)}.7z`);
        const archive = growingFile(path, content);
        const { place, room, target } = fakePlace(path, finish);
        const controller = new AbortController();
        const stored = streamUpload({ ...archive.file, room: () => Promise.resolve(room) }, target, {
          signal: controller.signal,
        }).then(
          ({ name }) => ({ name }),
          (error: unknown) => ({ error: String(error) }),
        );
        let isOver = false;
        void stored.then(() => (isOver = true));
        let written = 0;
        for (const one of steps) {
          if ('fault' in one) place.faults.push(one.fault);
          else if ('isFull' in one) place.isFull = one.isFull;
          else {
            // A writer that waits without end would let this time out.
            await eventually('a writer that may go on', () => isOver || !place.isHeld);
            written = Math.min(written + one.write * MEGABYTE, content.length - 40);
            if (!isOver && written > 0) archive.write(written);
            await new Promise((resolve) => setTimeout(resolve, 15));
          }
        }
        const hadFaults = steps.some((one) => 'fault' in one) || finish !== 'works';
        if (ending === 'good') archive.finish();
        else if (ending === 'bad') archive.fail(new Error('the dump failed'));
        else controller.abort(new Error('ctrl-c'));
        const outcome = await stored;
        if (ending === 'interrupted') archive.fail(new Error('ctrl-c'));

        expect(place.ended).toBe(place.begun);
        expect(place.begunAfterRelease).toBe(0);
        if ('error' in outcome) {
          expect(place.stored).toEqual([]);
          if (ending === 'good') expect(hadFaults).toBe(true);
        } else {
          expect(place.stored).toEqual([whole]);
          expect(ending).toBe('good');
          expect(place.isHeld).toBe(false);
        }
      }),
      fuzzRuns(40),
    );
  },
  FUZZ_TIMEOUT_MS,
);
