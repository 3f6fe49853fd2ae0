import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fault, FaultAction } from '../support/b2-server/faults.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, never, putOptions } from './archives.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

const SMALL = 300_000;
const LARGE = 13_000_000;
const NAME = 'shop.sql.7z';

let place: B2Place;
let folder: TemporaryFolder;
beforeEach(async () => {
  place = await b2Place();
  folder = temporaryFolder();
});
afterEach(async () => {
  folder[Symbol.dispose]();
  expect(place.server.violations).toEqual([]);
  await place[Symbol.asyncDispose]();
});

const garble = (how: Extract<FaultAction, { kind: 'garble' }>['how'], status = 200, code = ''): FaultAction => ({
  kind: 'garble',
  how,
  status,
  code,
});
const refuse = (status: number, code: string) => ({ kind: 'refuse', status, code }) as const;

const telling = (other: Record<string, unknown>): FaultAction => ({
  kind: 'twist',
  change: (answer) => ({ ...Object(answer), ...other }),
});

/** After these the same is asked for again. */
const PASSING: [string, FaultAction][] = [
  ['is cut short', garble('cut')],
  ['is shorter than it says', garble('long')],
  ['holds half a JSON', garble('half')],
  ['is the page of a proxy', garble('html')],
  ['is empty', garble('empty')],
  ['is lost', { kind: 'lose-response' }],
  ['says 503', garble('refusal', 503, 'service_unavailable')],
  ['says 500 in HTML', garble('html', 500)],
  ['says 401', garble('refusal', 401, 'expired_auth_token')],
  ['says 429', garble('refusal', 429, 'too_many_requests')],
];
const DOUBTFUL: [string, FaultAction][] = [
  ...PASSING,
  ['says 400', garble('refusal', 400, 'bad_request')],
  ['says 403', garble('refusal', 403, 'access_denied')],
  ['speaks of fewer bytes', telling({ contentLength: 7 })],
  ['speaks of other bytes', telling({ contentSha1: '0'.repeat(40), fileInfo: {} })],
  ['speaks of another file', telling({ fileName: 'other.sql.7z' })],
  ['tells no id', telling({ fileId: '' })],
  ['tells a time that is none', telling({ uploadTimestamp: 1e300 })],
];

/** Stores an archive, and expects that it is the only version, whole. */
async function storeOnce(sizeBytes: number): Promise<void> {
  const file = archiveFile(folder, sizeBytes);
  const storage = place.open();
  let unsettled = 0;
  const stored = await storage.put(NAME, file, { ...putOptions(), onUnsettled: () => (unsettled += 1) });
  expect(place.server.versions(BUCKET).map(({ fileId }) => fileId)).toEqual([stored.id]);
  expect(unsettled).toBe(0);
  expect(stored).toMatchObject({ name: NAME, sizeBytes, sha1: file.sha1 });
  place.server.faults.clear();
  expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
}

describe('an upload that B2 has stored is stored once, though the answer', () => {
  test.each(DOUBTFUL)('%s {lost@upload, lost@publish}', async (_name, action) => {
    place.server.faults.add({ endpoint: 'b2_upload_file', action });
    await storeOnce(SMALL);
  });

  test.each(DOUBTFUL)('to its last step %s {lost@publish}', async (_name, action) => {
    place.server.faults.add({ endpoint: 'b2_finish_large_file', action });
    await storeOnce(LARGE);
  });

  test.each(PASSING)('to its beginning %s', async (_name, action) => {
    place.server.faults.add({ endpoint: 'b2_start_large_file', action });
    await storeOnce(LARGE);
  });

  test.each<[string, Fault[]]>([
    [
      'is lost, and so is the answer to what became of it',
      [
        { endpoint: 'b2_finish_large_file', action: { kind: 'lose-response' } },
        { endpoint: 'b2_get_file_info', times: 8, action: refuse(500, 'internal_error') },
      ],
    ],
    [
      'is lost, and the key may not ask for the file',
      [
        { endpoint: 'b2_finish_large_file', action: garble('html') },
        { endpoint: 'b2_get_file_info', times: 9, action: refuse(401, 'unauthorized') },
      ],
    ],
  ])('to its last step %s', async (_name, faults) => {
    for (const fault of faults) place.server.faults.add(fault);
    await storeOnce(LARGE);
  });

  test('is lost while nothing can be listed: the second version goes in the end', async () => {
    place.server.faults.add({ endpoint: 'b2_upload_file', action: garble('refusal', 503) });
    place.server.faults.add({ endpoint: 'b2_list_file_versions', times: 8, action: refuse(500, 'internal_error') });
    await storeOnce(SMALL);
  });
});

describe('where B2 does not answer any more,', () => {
  test('an upload that fails is said to be unsettled, since B2 may hold it {lost@upload}', async () => {
    place.server.faults.add({ endpoint: 'b2_upload_file', times: 99, action: garble('refusal', 503) });
    place.server.faults.add({ endpoint: 'b2_list_file_versions', times: 999, action: refuse(500, 'internal_error') });
    let unsettled = 0;
    const put = place
      .open()
      .put(NAME, archiveFile(folder, SMALL), { ...putOptions(), onUnsettled: () => (unsettled += 1) });
    await expect(put).rejects.toThrow(/B2 fails in spite of several attempts/);
    expect(unsettled).toBe(1);
  });

  test('a file that may be finished is not uploaded again, and the doubt is told {lost@publish}', async () => {
    place.server.faults.add({ endpoint: 'b2_finish_large_file', times: 99, action: garble('html') });
    place.server.faults.add({ endpoint: 'b2_get_file_info', times: 999, action: refuse(500, 'internal_error') });
    place.server.faults.add({ endpoint: 'b2_list_file_versions', times: 999, action: refuse(500, 'internal_error') });
    place.server.faults.add({ endpoint: 'b2_cancel_large_file', times: 999, action: refuse(500, 'internal_error') });
    let unsettled = 0;
    const put = place
      .open()
      .put(NAME, archiveFile(folder, LARGE), { ...putOptions(), onUnsettled: () => (unsettled += 1) });
    await expect(put).rejects.toThrow('it is not known whether B2 has stored shop.sql.7z');
    expect(unsettled).toBe(1);
    expect(place.server.versions(BUCKET)).toHaveLength(1);
  });
});

describe('the answers to other changes are read as well:', () => {
  test.each(PASSING)('a removal whose answer %s is done in the end', async (_name, action) => {
    const storage = place.open();
    const stored = await storage.put(NAME, archiveFile(folder, SMALL), putOptions());
    place.server.faults.add({ endpoint: 'b2_delete_file_version', action });
    await storage.remove(stored, never);
    expect(place.server.versions(BUCKET)).toEqual([]);
  });

  test('a removal whose answer speaks of another file is asked for again {lost@prune}', async () => {
    const storage = place.open();
    const stored = await storage.put(NAME, archiveFile(folder, SMALL), putOptions());
    place.server.faults.add({ endpoint: 'b2_delete_file_version', times: 99, action: telling({ fileId: '4_other' }) });
    await storage.remove(stored, never);
    const calls = place.server.requests.filter(({ endpoint }) => endpoint === 'b2_delete_file_version');
    expect(calls.map(({ status }) => status)).toEqual([200, 400]);
    expect(place.server.versions(BUCKET)).toEqual([]);
  });

  test.each(DOUBTFUL.filter(([name]) => !name.startsWith('speaks of') && !name.includes('time')))(
    'an unfinished file whose cancelling has an answer that %s is gone in the end {lost@prune}',
    async (_name, action) => {
      const storage = place.open();
      place.server.faults.add({ endpoint: 'b2_upload_part', times: 99, action: refuse(403, 'cap_exceeded') });
      place.server.faults.add({ endpoint: 'b2_cancel_large_file', action });
      await expect(storage.put(NAME, archiveFile(folder, LARGE), putOptions())).rejects.toThrow(/cap/);
      expect(place.server.unfinished()).toEqual([]);
    },
  );

  test('a removal that a proxy answers in place of B2 is no removal {lost@prune}', async () => {
    const storage = place.open();
    const stored = await storage.put(NAME, archiveFile(folder, SMALL), putOptions());
    const action = { kind: 'refuse', status: 200, html: true } as const;
    place.server.faults.add({ endpoint: 'b2_delete_file_version', times: 99, action });
    await expect(storage.remove(stored, never)).rejects.toThrow(/answers that are not those of B2|several attempts/);
    expect(place.server.versions(BUCKET)).toHaveLength(1);
  });

  test('a part that is answered with another SHA-1 is sent again', async () => {
    place.server.faults.add({ endpoint: 'b2_upload_part', action: garble('html') });
    await storeOnce(LARGE);
  });
});

describe('a download', () => {
  const stored = async () => {
    const file = archiveFile(folder, LARGE);
    const storage = place.open();
    return { file, storage, object: await storage.put(NAME, file, putOptions()) };
  };

  test('that is refused tells why {refused@fetch}', async () => {
    const { storage, object } = await stored();
    place.server.faults.add({
      endpoint: 'b2_download',
      action: { ...refuse(403, 'download_cap_exceeded'), keepAlive: true },
    });
    await expect(storage.get(object, never)).rejects.toThrow(/download cap is reached/);
  });

  test.each<[string, FaultAction, RegExp]>([
    ['all of it', { kind: 'ignore-range' }, /rest from byte \d+, it has the status 200/],
    ['another range', { kind: 'other-range' }, /rest from byte \d+, it has the range bytes/],
    ['bytes without their number', { kind: 'no-length' }, /tells no Content-Length/],
  ])('whose rest is answered with %s is not put together of both {damaged@fetch}', async (_name, action, words) => {
    const { storage, object, file } = await stored();
    place.server.faults.add({ endpoint: 'b2_download', action: { kind: 'truncate', afterBytes: 1_000_000 } });
    place.server.faults.add({ endpoint: 'b2_download', times: 99, action });
    await expect(storage.get(object, never).then(buffer)).rejects.toThrow(words);
    place.server.faults.clear();
    // One such answer is got over.
    place.server.faults.add({ endpoint: 'b2_download', action: { kind: 'truncate', afterBytes: 1_000_000 } });
    place.server.faults.add({ endpoint: 'b2_download', action });
    expect((await buffer(await storage.get(object, never))).equals(file.content)).toBe(true);
  });
});

describe('a hostile service', () => {
  test('whose listing does not end is refused {hostile@prune}', async () => {
    place.server.faults.add({ endpoint: 'b2_list_file_versions', times: 99, action: { kind: 'same-page' } });
    const all = async () => {
      for await (const object of place.open().list('', never)) expect(object).toBeDefined();
    };
    await expect(all()).rejects.toThrow(/does not end/);
  });

  test('that names the host of an upload is named where that does not answer', async () => {
    place.server.faults.add({ endpoint: 'b2_get_upload_url', times: 99, action: { kind: 'dead-host' } });
    await expect(place.open().put(NAME, archiveFile(folder, SMALL), putOptions())).rejects.toThrow(
      /^cannot upload shop\.sql\.7z to B2: the connection to 127\.0\.0\.1:9 failed \(ECONNREFUSED\)/,
    );
  });
});
