import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { B2ServerOptions } from '../support/b2-server/start.ts';
import { openDiskRoom } from '../../src/system/disk-room.ts';
import { eventually } from '../support/eventually.ts';
import { plainEnvironment } from '../support/seven-zip.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { growingFile } from './growing-file.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

const never = new AbortController().signal;
const MEGABYTE = 1_000_000;

let place: B2Place;
let folder: TemporaryFolder;
let archive: ReturnType<typeof growingFile>;
const content = randomBytes(130 * MEGABYTE);

beforeEach(() => {
  folder = temporaryFolder();
  archive = growingFile(folder.at('archive.7z'), content);
});
afterEach(async () => {
  expect(place.server.unfinished()).toEqual([]);
  expect(place.server.violations).toEqual([]);
  folder[Symbol.dispose]();
  await place[Symbol.asyncDispose]();
});

const onDiskBytes = () => statSync(archive.file.path).blocks * 512;
const partsSent = () => place.server.requests.filter(({ endpoint }) => endpoint === 'b2_upload_part').length;

interface Options extends B2ServerOptions {
  limitBytes?: number;
  /** So often giving space back fails before it works. */
  failingReleases?: number;
}

/** Begins to store the file on a disk whose space can be given back. */
async function begin({ limitBytes = Number.POSITIVE_INFINITY, failingReleases = 0, ...options }: Options) {
  place = await b2Place(options);
  const storage = place.open();
  let isHeld = false;
  const held: boolean[] = [];
  const hold = (wanted: boolean) => {
    held.push((isHeld = wanted));
    return wanted;
  };
  const room = async () => {
    const opened = await openDiskRoom(archive.file.path, plainEnvironment, never);
    if (typeof opened === 'string') throw new Error(opened);
    let failures = failingReleases;
    const release = async (startByte: number, sizeBytes: number) => {
      if ((failures -= 1) >= 0) throw new Error('the disk is busy');
      await opened.release(startByte, sizeBytes);
    };
    return { ...opened, release, hold, limitBytes };
  };
  const stored = storage.putGrowing?.(
    'shop.sql.7z',
    { ...archive.file, room },
    { signal: never, startedAt: new Date(), info: {} },
  );
  if (stored === undefined) throw new Error('B2 can');
  stored.catch(() => {});
  return { storage, stored, held, isHeld: () => isHeld };
}

async function writeUntilReleased(): Promise<void> {
  archive.write(120 * MEGABYTE);
  await eventually('space that was given back', () => onDiskBytes() < 60 * MEGABYTE);
}

/** Lets the dump fail, which is to be the end of its upload too. */
async function expectSoonOver(stored: Promise<unknown>): Promise<void> {
  archive.fail(new Error('the dump failed'));
  const began = performance.now();
  await expect(stored).rejects.toThrow('the dump failed');
  expect(performance.now() - began).toBeLessThan(5000);
}

test('what is stored takes no room any more, and the archive is known by its parts', async () => {
  const { storage, stored, held } = await begin({});
  await writeUntilReleased();
  archive.finish();
  const result = await stored;
  if (!('partSums' in result)) throw new Error('known as a whole');
  let startByte = 0;
  for (const { sizeBytes, sha1 } of result.partSums) {
    const part = content.subarray(startByte, startByte + sizeBytes);
    expect(sha1).toBe(createHash('sha1').update(part).digest('hex'));
    startByte += sizeBytes;
  }
  expect(startByte).toBe(content.length);
  expect((await buffer(await storage.get(result, never))).equals(content)).toBe(true);
  expect(held).toEqual([]);
});

test('beginning and end stay, since they are looked into once it is whole', async () => {
  const { stored } = await begin({});
  await writeUntilReleased();
  const found = readFileSync(archive.file.path);
  expect(found.subarray(32, 15 * MEGABYTE).equals(content.subarray(32, 15 * MEGABYTE))).toBe(true);
  expect(found.subarray(-MEGABYTE).equals(content.subarray(119 * MEGABYTE, 120 * MEGABYTE))).toBe(true);
  archive.fail(new Error('the dump failed'));
  await expect(stored).rejects.toThrow('the dump failed');
  expect(place.server.versions(BUCKET)).toEqual([]);
});

test('its writer is held back while too much of it waits', async () => {
  const limitBytes = 50 * MEGABYTE;
  const { stored, held, isHeld, storage } = await begin({ uploadBytesPerSecond: 8 * MEGABYTE, limitBytes });
  let mostBytes = 0;
  for (let at = 0; at < content.length - MEGABYTE;) {
    if (!isHeld()) archive.write((at += MEGABYTE));
    mostBytes = Math.max(mostBytes, onDiskBytes());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  archive.finish();
  expect((await buffer(await storage.get(await stored, never))).equals(content)).toBe(true);
  expect(held.filter((wanted) => wanted).length).toBeGreaterThan(0);
  expect(held.at(-1)).toBe(false);
  // So much comes before it is seen that it is too much.
  expect(mostBytes).toBeLessThan(limitBytes + 40 * MEGABYTE);
});

test('trouble that would end an upload otherwise is sat out, once the disk has given up what was sent {refused@upload, refused@publish}', async () => {
  const { storage, stored } = await begin({});
  await writeUntilReleased();
  place.server.faults.add({
    endpoint: 'b2_upload_part',
    times: 30,
    action: { kind: 'refuse', status: 503, code: 'service_unavailable' },
  });
  place.server.faults.add({
    endpoint: 'b2_finish_large_file',
    times: 15,
    action: { kind: 'refuse', status: 503, code: 'service_unavailable' },
  });
  archive.finish();
  expect((await buffer(await storage.get(await stored, never))).equals(content)).toBe(true);
  expect(place.server.versions(BUCKET)).toHaveLength(1);
});

test('while nothing was given back, parts that are given up begin anew', async () => {
  const { storage, stored } = await begin({});
  // As often as one part is tried, times four parts.
  place.server.faults.add({
    endpoint: 'b2_upload_part',
    times: 33,
    action: { kind: 'refuse', status: 503, code: 'service_unavailable' },
  });
  await writeUntilReleased();
  archive.finish();
  expect(await stored).toHaveProperty('partSums');
  expect((await buffer(await storage.get(await stored, never))).equals(content)).toBe(true);
  expect(place.server.requests.filter(({ endpoint }) => endpoint === 'b2_start_large_file')).toHaveLength(2);
  expect(place.server.versions(BUCKET)).toHaveLength(1);
});

test('an authorization that runs out in the middle is waited for as well', async () => {
  const { storage, stored } = await begin({});
  await writeUntilReleased();
  const { faults } = place.server;
  faults.add({ endpoint: 'b2_upload_part', action: { kind: 'refuse', status: 503, code: 'service_unavailable' } });
  faults.add({
    endpoint: 'b2_get_upload_part_url',
    action: { kind: 'refuse', status: 401, code: 'expired_auth_token' },
  });
  faults.add({
    endpoint: 'b2_authorize_account',
    times: 20,
    action: { kind: 'refuse', status: 503, code: 'service_unavailable' },
  });
  archive.finish();
  expect((await buffer(await storage.get(await stored, never))).equals(content)).toBe(true);
  expect(place.server.requests.filter(({ endpoint }) => endpoint === 'b2_authorize_account')).toHaveLength(22);
});

test('a dump that fails is not waited for, however patient the upload {hang@upload}', async () => {
  const { stored } = await begin({});
  await writeUntilReleased();
  const before = partsSent();
  place.server.faults.add({
    endpoint: 'b2_upload_part',
    times: 100_000,
    action: { kind: 'hang' },
  });
  archive.write(129 * MEGABYTE);
  await eventually('parts that do not get through', () => partsSent() > before);
  await expectSoonOver(stored);
});

test('nor is it while B2 does not answer at the very beginning {hang@upload}', async () => {
  const { stored } = await begin({});
  place.server.faults.add({ endpoint: 'b2_start_large_file', times: 100_000, action: { kind: 'hang' } });
  archive.write(20 * MEGABYTE);
  await eventually('the beginning', () => place.server.requests.at(-1)?.endpoint === 'b2_start_large_file');
  await expectSoonOver(stored);
});

test('a key that is revoked in the middle ends the dump at once {secret@upload}', async () => {
  const { stored } = await begin({});
  const action = { kind: 'refuse', status: 401, code: 'bad_auth_token' } as const;
  for (const endpoint of ['b2_upload_part', 'b2_get_upload_part_url', 'b2_authorize_account']) {
    place.server.faults.add({ endpoint, times: 100, after: endpoint === 'b2_authorize_account' ? 1 : 0, action });
  }
  archive.write(20 * MEGABYTE);
  // The archive is not whole yet.
  await expect(stored).rejects.toThrow('B2 does not accept the application key');
  expect(place.server.requests.filter(({ endpoint }) => endpoint === 'b2_start_large_file')).toHaveLength(1);
  place.server.faults.clear();
  // With such a key nothing can be cancelled either; the next run does.
  expect(await place.open().sweep('shop.sql.7z', never)).toHaveLength(1);
});

test('space that cannot be given back at the moment is given back later', async () => {
  const { storage, stored } = await begin({ failingReleases: 1 });
  await writeUntilReleased();
  archive.finish();
  expect((await buffer(await storage.get(await stored, never))).equals(content)).toBe(true);
});

test('what cannot be stored at all fails at once, with the reason {full@upload}', async () => {
  const { stored } = await begin({});
  await writeUntilReleased();
  const before = partsSent();
  place.server.faults.add({
    endpoint: 'b2_upload_part',
    times: 100,
    action: { kind: 'refuse', status: 403, code: 'storage_cap_exceeded' },
  });
  archive.write(129 * MEGABYTE);
  // The archive is not whole yet.
  await expect(stored).rejects.toThrow("the account's storage cap is reached");
  // One in each of the four slots, and what begins before the first answer has been heard: none a second time.
  expect(partsSent() - before).toBeLessThanOrEqual(8);
  expect(place.server.versions(BUCKET)).toEqual([]);
});

test('a byte that changes on the disk after it was sent is noticed {damaged@upload}', async () => {
  const { stored } = await begin({});
  await writeUntilReleased();
  archive.change(12 * MEGABYTE);
  archive.finish();
  await expect(stored).rejects.toThrow(/the archive changed at byte \d+ after that byte was uploaded/);
  expect(place.server.versions(BUCKET)).toEqual([]);
});
