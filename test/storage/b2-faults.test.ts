import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Fault, FaultAction } from '../support/b2-server/faults.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

const SMALL = 300_000;
const LARGE = 23_000_000;
const NAME = 'shop.sql.7z';

let place: B2Place;
let folder: TemporaryFolder;
beforeEach(async () => {
  place = await b2Place();
  folder = temporaryFolder();
});
afterEach(async () => {
  folder[Symbol.dispose]();
  // Whatever broke: no upload URL used twice at once or after it failed.
  expect(place.server.violations).toEqual([]);
  await place[Symbol.asyncDispose]();
});

const refuse = (status: number, code: string, more: Partial<Extract<FaultAction, { kind: 'refuse' }>> = {}) =>
  ({ kind: 'refuse', status, code, ...more }) as const;

async function storeAndCompare(sizeBytes: number): Promise<void> {
  const file = archiveFile(folder, sizeBytes);
  const storage = place.open();
  const stored = await storage.put(NAME, file, putOptions());
  const versions = place.server.versions(BUCKET);
  expect(versions.map(({ fileId }) => fileId)).toEqual([stored.id]);
  expect(place.server.unfinished()).toEqual([]);
  const fetched = await buffer(await storage.get(stored, never));
  expect(fetched.equals(file.content)).toBe(true);
}

const requestsTo = (endpoint: string) => place.server.requests.filter((request) => request.endpoint === endpoint);

const PASSING: [string, FaultAction][] = [
  ['503 before the body', refuse(503, 'service_unavailable')],
  ['500 in the middle of the body', refuse(500, 'internal_error', { afterBytes: 100_000 })],
  ['500 after the body', refuse(500, 'internal_error', { afterBytes: 'all' })],
  ['502 from a proxy, in HTML', refuse(502, '', { html: true })],
  ['408', refuse(408, 'request_timeout', { afterBytes: 100_000 })],
  ['an upload token that is unknown', refuse(401, 'bad_auth_token', { afterBytes: 100_000 })],
  ['a URL in use', refuse(400, 'auth_token_limit', { message: 'more than one upload using auth token x' })],
  ['the same under its older code', refuse(400, 'bad_request', { message: 'more than one upload using auth token' })],
  [
    'a SHA-1 that was garbled on the way',
    refuse(400, 'bad_request', { message: 'Sha1 did not match data received', afterBytes: 'all' }),
  ],
  ['a connection that is refused', { kind: 'reset' }],
  ['a connection that breaks in the middle', { kind: 'reset', afterBytes: 100_000 }],
  ['429', refuse(429, 'too_many_requests', { headers: { 'retry-after': '7' } })],
];

describe('an upload survives, storing one version,', () => {
  test.each(PASSING)('%s {refused@upload, lost@upload}', async (_name, action) => {
    place.server.faults.add({ endpoint: 'b2_upload_file', action });
    await storeAndCompare(SMALL);
    expect(place.server.faults.struck()).toBe(1);
  });

  test.each(PASSING)('in parts: %s {refused@upload, lost@upload}', async (_name, action) => {
    place.server.faults.add({ endpoint: 'b2_upload_part', after: 1, action });
    await storeAndCompare(LARGE);
    expect(requestsTo('b2_upload_part').length).toBeGreaterThanOrEqual(5);
  });

  test.each<[string, Fault]>([
    ['an expired account token', { endpoint: 'b2_get_upload_url', action: refuse(401, 'expired_auth_token') }],
    [
      'a busy authorization {refused@connect}',
      { endpoint: 'b2_authorize_account', times: 3, action: refuse(503, 'busy') },
    ],
    ['a broken authorization {lost@connect}', { endpoint: 'b2_authorize_account', action: { kind: 'reset' } }],
    ['a lookup of the bucket that fails', { endpoint: 'b2_list_buckets', action: refuse(500, 'internal_error') }],
    [
      'no upload URL for a while {refused@upload}',
      { endpoint: 'b2_get_upload_url', times: 5, action: refuse(503, 'busy') },
    ],
  ])('%s', async (_name, fault) => {
    place.server.faults.add(fault);
    await storeAndCompare(SMALL);
  });

  test.each<[string, Fault]>([
    ['an expired account token', { endpoint: 'b2_get_upload_part_url', action: refuse(401, 'expired_auth_token') }],
    ['a start that is refused once {refused@upload}', { endpoint: 'b2_start_large_file', action: refuse(503, 'busy') }],
    [
      'a start whose answer is lost {lost@upload}',
      { endpoint: 'b2_start_large_file', action: { kind: 'lose-response' } },
    ],
    [
      'a finish that fails {refused@publish}',
      { endpoint: 'b2_finish_large_file', action: refuse(500, 'internal_error') },
    ],
    ['a vault that stays full', { endpoint: 'b2_upload_part', times: 32, action: refuse(503, 'no_uploads_available') }],
  ])('in parts: %s', async (_name, fault) => {
    place.server.faults.add(fault);
    await storeAndCompare(LARGE);
  });

  test('a token that expires between two backups', async () => {
    const storage = place.open();
    await storage.put(NAME, archiveFile(folder, SMALL), putOptions());
    place.server.expireTokens();
    await storage.put(NAME, archiveFile(folder, LARGE), putOptions());
    expect(await listed(storage, NAME)).toHaveLength(2);
    expect(requestsTo('b2_authorize_account')).toHaveLength(2);
  });
});

describe('pauses', () => {
  test("grow, vary, and yield to the service's own wish", async () => {
    place.server.faults.add({ endpoint: 'b2_get_upload_url', times: 4, action: refuse(503, 'busy') });
    await place.open().put(NAME, archiveFile(folder, SMALL), putOptions());
    expect(place.pausesMs).toHaveLength(4);
    place.pausesMs.forEach((pauseMs, index) => {
      expect(pauseMs).toBeGreaterThanOrEqual(500 * 2 ** index);
      expect(pauseMs).toBeLessThanOrEqual(1000 * 2 ** index);
    });

    place.pausesMs.length = 0;
    const headers = { 'retry-after': '90' };
    place.server.faults.add({ endpoint: 'b2_upload_file', action: refuse(503, 'busy', { headers }) });
    await place.open().put(NAME, archiveFile(folder, SMALL), putOptions());
    expect(place.pausesMs).toHaveLength(1);
    expect(place.pausesMs[0]).toBeGreaterThanOrEqual(90_000);
  });

  test('are left out before the first new upload URL', async () => {
    place.server.faults.add({ endpoint: 'b2_upload_file', action: refuse(503, 'busy') });
    await place.open().put(NAME, archiveFile(folder, SMALL), putOptions());
    expect(place.pausesMs).toEqual([]);
    expect(requestsTo('b2_get_upload_url')).toHaveLength(2);
  });

  test('of 429 keep the upload URL', async () => {
    place.server.faults.add({ endpoint: 'b2_upload_file', action: refuse(429, 'too_many_requests') });
    await place.open().put(NAME, archiveFile(folder, SMALL), putOptions());
    expect(place.pausesMs).toHaveLength(1);
    expect(requestsTo('b2_get_upload_url')).toHaveLength(1);
  });
});

describe('B2 is not asked again, and the reason is told,', () => {
  test.each<[string, number, string, RegExp]>([
    ['when the storage cap is reached {full@upload}', 403, 'storage_cap_exceeded', /storage cap is reached/],
    ['when a cap is reached {full@upload}', 403, 'cap_exceeded', /caps is reached/],
    ['when the request is bad {refused@upload}', 400, 'bad_request', /bad_request/],
    ['when the key may not {denied@upload}', 401, 'unauthorized', /application key does not allow it/],
    ['when access is denied {denied@upload}', 403, 'access_denied', /access denied/],
  ])('%s', async (_name, status, code, message) => {
    place.server.faults.add({ endpoint: 'b2_upload_file', times: 99, action: refuse(status, code) });
    place.server.faults.add({ endpoint: 'b2_upload_part', times: 99, action: refuse(status, code) });
    await expect(place.open().put(NAME, archiveFile(folder, SMALL), putOptions())).rejects.toThrow(message);
    expect(requestsTo('b2_upload_file')).toHaveLength(1);
    await expect(place.open().put(NAME, archiveFile(folder, LARGE), putOptions())).rejects.toThrow(message);
    expect(requestsTo('b2_upload_part').length).toBeLessThanOrEqual(4);
    expect(place.server.unfinished()).toEqual([]);
    expect(place.server.versions(BUCKET)).toEqual([]);
  });

  test('when bytes arrive garbled twice {damaged@upload}', async () => {
    const action = refuse(400, 'bad_request', { message: 'Sha1 did not match data received', afterBytes: 'all' });
    place.server.faults.add({ endpoint: 'b2_upload_file', times: 99, action });
    await expect(place.open().put(NAME, archiveFile(folder, SMALL), putOptions())).rejects.toThrow(
      /Sha1 did not match/,
    );
    expect(requestsTo('b2_upload_file')).toHaveLength(2);
  });

  test('when the account token is refused a second time {denied@connect}', async () => {
    place.server.faults.add({ endpoint: 'b2_list_buckets', times: 9, action: refuse(401, 'expired_auth_token') });
    await expect(place.open().prepare(NAME, never)).rejects.toThrow(/key does not allow it/);
    expect(requestsTo('b2_authorize_account')).toHaveLength(2);
  });

  test('when no server listens there {refused@connect}', async () => {
    const storage = place.open();
    await place.server[Symbol.asyncDispose]();
    await expect(storage.prepare(NAME, never)).rejects.toThrow(
      /connection to 127\.0\.0\.1:\d+ failed \(ECONNREFUSED\)/,
    );
  });
});

describe('a download', () => {
  test.each([SMALL, LARGE])(
    'of %i bytes that are not those that were stored fails {damaged@fetch}',
    async (sizeBytes) => {
      const storage = place.open();
      const stored = await storage.put(NAME, archiveFile(folder, sizeBytes), putOptions());
      place.server.faults.add({ endpoint: 'b2_download', action: { kind: 'corrupt' } });
      await expect(storage.get(stored, never).then(buffer)).rejects.toThrow(/came damaged from B2/);
    },
  );

  test('that is not read to its end leaves no connection behind', async () => {
    const storage = place.open();
    const stored = await storage.put(NAME, archiveFile(folder, LARGE), putOptions());
    const stream = await storage.get(stored, never);
    for await (const chunk of stream) {
      expect(chunk).toBeDefined();
      break;
    }
    expect(stream.destroyed).toBe(true);
  });
});
