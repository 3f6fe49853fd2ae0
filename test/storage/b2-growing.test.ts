import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PutOptions, Storage } from '../../src/storage/storage.ts';
import { StorageError } from '../../src/core/errors.ts';
import { provenChecksum } from '../../src/storage/streaming/parts.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { growingFile } from './growing-file.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

/** Small parts, so that little data makes many of them. */
const MINIMUM = 20_000;

let place: B2Place;
let storage: Storage;
let folder: TemporaryFolder;
beforeEach(async () => {
  place = await b2Place({ recommendedPartSize: 2 * MINIMUM, absoluteMinimumPartSize: MINIMUM });
  storage = place.open();
  folder = temporaryFolder();
});
afterEach(async () => {
  folder[Symbol.dispose]();
  await place[Symbol.asyncDispose]();
});

const growing = (content: Buffer) => growingFile(folder.at('archive.7z'), content);

const options = (signal = new AbortController().signal): PutOptions => ({
  signal,
  startedAt: new Date(),
  info: { a: 'b' },
});
const begin = (file: Parameters<NonNullable<Storage['putGrowing']>>[1], more = options()) => {
  if (storage.putGrowing === undefined) throw new Error('B2 can');
  const stored = storage.putGrowing('shop.sql.7z', file, more);
  stored.catch(() => {});
  return stored;
};
const partsSent = () => place.server.requests.filter(({ endpoint }) => endpoint === 'b2_upload_part').length;
const contentOf = async (id: string) =>
  await buffer(await storage.get({ id, name: 'shop.sql.7z' }, new AbortController().signal));
const sha1 = (content: Buffer) => createHash('sha1').update(content).digest('hex');

describe('an archive that grows', () => {
  test.each([41_000, 63_000, 100_000, 254_321])('to %i bytes is stored as it is in the end', async (sizeBytes) => {
    const content = randomBytes(sizeBytes);
    const archive = growing(content);
    const stored = begin(archive.file);
    for (let at = 10_000; at < sizeBytes; at += 17_000) {
      archive.write(at);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    archive.finish();
    const { id, sha1: told } = await stored;
    expect(told).toBe(sha1(content));
    expect((await contentOf(id)).equals(content)).toBe(true);
    expect(place.server.unfinished()).toEqual([]);
    expect(place.server.versions(BUCKET)).toHaveLength(1);
    expect(place.server.violations).toEqual([]);
  });

  test('goes up while it grows, and is seen by nobody before it is whole', async () => {
    const content = randomBytes(200_000);
    const archive = growing(content);
    const stored = begin(archive.file);
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 4);
    expect(place.server.versions(BUCKET).map(({ action }) => action)).toEqual(['start']);
    for await (const object of storage.list('shop', new AbortController().signal)) throw new Error(object.id);
    archive.finish();
    expect((await contentOf((await stored).id)).equals(content)).toBe(true);
  });

  test('and stays small is one upload, that knows all', async () => {
    const content = randomBytes(39_000);
    const archive = growing(content);
    const stored = begin(archive.file);
    archive.write(30_000);
    archive.finish();
    await stored;
    expect(partsSent()).toBe(0);
    expect(place.server.versions(BUCKET)).toMatchObject([{ fileInfo: { a: 'b', 'pgbak-raw-size': '7' } }]);
  });

  test('and comes to nothing leaves nothing, and says why', async () => {
    const archive = growing(randomBytes(200_000));
    const stored = begin(archive.file);
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 2);
    archive.fail(new StorageError('the dump failed'));
    await expect(stored).rejects.toThrow('the dump failed');
    expect(place.server.versions(BUCKET)).toEqual([]);
    expect(place.server.unfinished()).toEqual([]);
  });

  test('and is no good once all of it is written leaves nothing, and was never seen', async () => {
    const archive = growing(randomBytes(200_000));
    const stored = begin(archive.file);
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 2);
    archive.writeAll();
    await eventually('all parts but the first', () => partsSent() >= 8);
    expect(place.server.versions(BUCKET).map(({ action }) => action)).toEqual(['start']);
    archive.fail(new StorageError('it is too small'));
    await expect(stored).rejects.toThrow('it is too small');
    expect(place.server.versions(BUCKET)).toEqual([]);
    expect(place.server.unfinished()).toEqual([]);
  });

  test('and is interrupted leaves nothing either {stop@upload}', async () => {
    const archive = growing(randomBytes(200_000));
    const controller = new AbortController();
    const stored = begin(archive.file, options(controller.signal));
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 2);
    controller.abort(new Error('ctrl-c'));
    await expect(stored).rejects.toThrow('ctrl-c');
    expect(place.server.unfinished()).toEqual([]);
  });

  test('and changes where it was sent already is sent again as a whole {damaged@upload}', async () => {
    const content = randomBytes(200_000);
    const archive = growing(content);
    const stored = begin(archive.file);
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 3);
    archive.change(50_000);
    const changed = Buffer.from(content);
    changed[50_000] = 255 - (content[50_000] ?? 0);
    archive.finish();
    const { id, sha1: told } = await stored;
    expect(told).toBe(sha1(changed));
    expect((await contentOf(id)).equals(changed)).toBe(true);
    expect(place.server.unfinished()).toEqual([]);
    expect(place.server.versions(BUCKET)).toHaveLength(1);
  });

  test.each([
    ['refuses for long {refused@upload}', { kind: 'refuse', status: 503, code: 'service_unavailable' }, 12],
    ['breaks', { kind: 'reset', afterBytes: 1000 }, 12],
    ['loses answers {lost@upload}', { kind: 'lose-response' }, 2],
    ['forgets tokens', { kind: 'refuse', status: 401, code: 'expired_auth_token' }, 2],
  ] as const)('survives a B2 that %s', async (_what, action, times) => {
    const content = randomBytes(200_000);
    const archive = growing(content);
    place.server.faults.add({ endpoint: 'b2_upload_part', after: 2, times, action });
    const stored = begin(archive.file);
    archive.write(150_000);
    await eventually('parts', () => partsSent() >= 5);
    archive.finish();
    expect((await contentOf((await stored).id)).equals(content)).toBe(true);
    expect(place.server.unfinished()).toEqual([]);
    expect(place.server.versions(BUCKET)).toHaveLength(1);
  });
});

describe('what was sent and what is read again', () => {
  const part = (startByte: number, sum: string) => ({
    path: '/archive.7z',
    number: startByte / 10 + 1,
    startByte,
    sizeBytes: 10,
    sha1: sum,
    sha256: `${sum}2`,
  });
  const sent = [part(0, 'a'), part(10, 'b'), part(20, 'c')];
  const read = (...sums: string[]) => ({
    sha1: 'whole',
    sha256: 'whole2',
    parts: sums.map((sum, index) => part(10 * index, sum)),
  });
  const allThere = () => true;
  const secondGone = ({ startByte }: { startByte: number }) => startByte !== 10;
  const byParts = { partSums: sent.map(({ sizeBytes, sha1: sum, sha256 }) => ({ sizeBytes, sha1: sum, sha256 })) };

  test('are the same, and known as a whole', () => {
    expect(provenChecksum(sent, read('a', 'b', 'c'), allThere)).toEqual({ sha1: 'whole', sha256: 'whole2' });
  });

  test('may differ where the space was given back in between, and is known by its parts then', () => {
    expect(provenChecksum(sent, read('a', 'zeros', 'c'), secondGone)).toEqual(byParts);
    expect(
      provenChecksum(sent, { sha1: 'rest', sha256: 'rest2', parts: [part(0, 'a'), part(20, 'c')] }, secondGone),
    ).toEqual(byParts);
  });

  test('are not to differ anywhere else, nor to be missing', () => {
    expect(() => provenChecksum(sent, read('a', 'x', 'c'), allThere)).toThrow('changed at byte 10');
    expect(() => provenChecksum(sent, read('a', 'b'), secondGone)).toThrow('changed at byte 20');
    expect(() => provenChecksum(sent, undefined, allThere)).toThrow('changed at byte 0');
  });
});
