import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDirectoryStorage } from '../../../src/storage/directory/storage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { beginUploads, type CopyOutcome } from '../../../src/storage/streaming/begin-uploads.ts';
import { openDiskRoom } from '../../../src/system/disk-room.ts';
import type { B2ServerOptions } from '../../support/b2-server/start.ts';
import { eventually } from '../../support/eventually.ts';
import { plainEnvironment } from '../../support/seven-zip.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { growingFile } from '../growing-file.ts';
import { b2Place, type B2Place } from '../open-b2.ts';

const never = new AbortController().signal;
const MEGABYTE = 1_000_000;
const NAME = 'shop.sql.7z';

let folder: TemporaryFolder;
let places: B2Place[];
beforeEach(() => {
  folder = temporaryFolder();
  places = [];
});
afterEach(async () => {
  for (const place of places) {
    expect(place.server.unfinished()).toEqual([]);
    await place[Symbol.asyncDispose]();
  }
  folder[Symbol.dispose]();
});

async function bucket(options: B2ServerOptions = {}): Promise<B2Place> {
  const place = await b2Place(options);
  places.push(place);
  return place;
}

const directory = () => openDirectoryStorage({ directory: folder.at('backups'), owner: 'catalog-1' });

function begin(storages: readonly Storage[], content: Buffer, limitBytes = Number.POSITIVE_INFINITY) {
  const archive = growingFile(folder.at('archive.7z'), content);
  let isHeld = false;
  const room = async () => {
    const opened = await openDiskRoom(archive.file.path, plainEnvironment, never);
    if (typeof opened === 'string') throw new Error(opened);
    return { ...opened, limitBytes, hold: (wanted: boolean) => (isHeld = wanted) };
  };
  const sent: number[] = [];
  const options = { signal: never, startedAt: new Date(), info: {}, onProgress: (bytes: number) => sent.push(bytes) };
  const uploads = beginUploads(storages, NAME, { path: archive.file.path, room }, options);
  return {
    archive,
    uploads,
    sent,
    isHeld: () => isHeld,
    onDiskBytes: () => statSync(archive.file.path).blocks * 512,
    finish: async () => {
      archive.writeAll();
      uploads.written(content.length);
      return await uploads.complete(content.length, {});
    },
  };
}

async function contentOf(outcome: CopyOutcome | undefined): Promise<Buffer> {
  if (outcome?.is !== 'stored') throw new Error(`it is ${outcome?.is}`);
  return await buffer(await outcome.storage.get(outcome.object, never));
}

describe('one archive for several places', () => {
  test('is in all of them, and they took it while it grew', async () => {
    const [one, other] = [await bucket(), await bucket()];
    const content = randomBytes(30 * MEGABYTE);
    const { archive, sent, finish } = begin([one.open(), directory(), other.open()], content);
    archive.write(26 * MEGABYTE);
    const parts = ({ server }: B2Place) =>
      server.requests.filter(({ endpoint }) => endpoint === 'b2_upload_part').length;
    await eventually('parts in both', () => parts(one) > 1 && parts(other) > 1);
    const outcomes = await finish();
    expect(outcomes.map(({ is }) => is)).toEqual(['stored', 'stored', 'stored']);
    for (const outcome of outcomes) expect((await contentOf(outcome)).equals(content)).toBe(true);
    expect(sent.at(-1)).toBe(content.length);
  });

  test('goes on where one of them refuses', async () => {
    const [one, other] = [await bucket(), await bucket()];
    const content = randomBytes(30 * MEGABYTE);
    const stranger = other.open({ key: { id: '000', key: 'wrong' } });
    const { archive, uploads, finish } = begin([stranger, one.open()], content);
    archive.write(20 * MEGABYTE);
    const [refused, good] = await finish();
    expect(refused?.is).toBe('failed');
    expect((await contentOf(good)).equals(content)).toBe(true);
    expect(uploads.givenUp.aborted).toBe(false);
  });

  test('is given up where all of them refuse', async () => {
    const [one, other] = [await bucket(), await bucket()];
    const key = { key: { id: '000', key: 'wrong' } };
    const { archive, uploads, finish } = begin([one.open(key), other.open(key)], randomBytes(30 * MEGABYTE));
    archive.write(20 * MEGABYTE);
    await eventually('the end of it', () => uploads.givenUp.aborted);
    expect((await finish()).map(({ is }) => is)).toEqual(['failed', 'failed']);
  });

  test('leaves the disk at the pace of the slowest, and a place that wants all of it waits for a copy', async () => {
    const [fast, slow] = [await bucket(), await bucket({ totalUploadBytesPerSecond: 40 * MEGABYTE })];
    const content = randomBytes(200 * MEGABYTE);
    const limitBytes = 60 * MEGABYTE;
    const { archive, isHeld, onDiskBytes, finish } = begin(
      [fast.open(), slow.open(), directory()],
      content,
      limitBytes,
    );
    let mostBytes = 0;
    for (let at = 0; at < content.length - MEGABYTE;) {
      if (!isHeld()) archive.write((at += MEGABYTE));
      mostBytes = Math.max(mostBytes, onDiskBytes());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const outcomes = await finish();
    expect(outcomes.map(({ is }) => is)).toEqual(['stored', 'stored', 'left']);
    expect((await contentOf(outcomes[0])).equals(content)).toBe(true);
    expect((await contentOf(outcomes[1])).equals(content)).toBe(true);
    // So much comes before it is seen that it is too much.
    expect(mostBytes).toBeLessThan(limitBytes + 50 * MEGABYTE);
  }, 60_000);

  test('is not bounded by a place that has failed', async () => {
    const [fast, slow] = [await bucket(), await bucket({ totalUploadBytesPerSecond: 4 * MEGABYTE })];
    const content = randomBytes(150 * MEGABYTE);
    const { archive, isHeld, onDiskBytes, finish } = begin([fast.open(), slow.open()], content, 40 * MEGABYTE);
    let isBroken = false;
    for (let at = 0; at < content.length - MEGABYTE;) {
      if (!isHeld()) archive.write((at += MEGABYTE));
      else if (!isBroken) {
        isBroken = true;
        // Its key is gone for good.
        for (const endpoint of ['b2_upload_part', 'b2_get_upload_part_url']) {
          const action = { kind: 'refuse', status: 403, code: 'access_denied' } as const;
          slow.server.faults.add({ endpoint, times: 100_000, action });
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(isBroken).toBe(true);
    const outcomes = await finish();
    expect(outcomes.map(({ is }) => is)).toEqual(['stored', 'failed']);
    expect((await contentOf(outcomes[0])).equals(content)).toBe(true);
    expect(onDiskBytes()).toBeLessThan(120 * MEGABYTE);
  }, 60_000);
});
