import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { PgbakError } from '../../src/core/errors.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../support/fuzz-runs.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, listed, never, putOptions } from './archives.ts';
import { b2Place, BUCKET, type B2Place } from './open-b2.ts';

let place: B2Place;
let folder: TemporaryFolder;
beforeAll(async () => {
  place = await b2Place({ recommendedPartSize: 20_000, absoluteMinimumPartSize: 10_000 });
  folder = temporaryFolder();
});
afterAll(async () => {
  folder[Symbol.dispose]();
  await place[Symbol.asyncDispose]();
});

const NAME = 'shop.sql.7z';
// prettier-ignore
const ENDPOINTS = [
  'b2_authorize_account', 'b2_list_buckets', 'b2_get_upload_url', 'b2_upload_file', 'b2_start_large_file',
  'b2_get_upload_part_url', 'b2_upload_part', 'b2_finish_large_file', 'b2_get_file_info', 'b2_list_file_versions',
  'b2_list_unfinished_large_files', 'b2_delete_file_version', 'b2_cancel_large_file',
];

// What a field may hold in place of its value.
// prettier-ignore
const value = fc.constantFrom<unknown>(
  undefined, null, true, '', 'x', '\u0000\u001B[2J\n', '../../evil', '__proto__', 'none', 'http://', 'file:///etc/passwd', 'x'.repeat(9), [], {}, [{}],
  [null], { toString: 1 }, 0, -1, 0.5, 1, 1e15, 1e16, 1e300, -1e300,
);
/** Which field, counted over the whole of the answer, and what becomes of it. */
const change = fc.record({ field: fc.nat({ max: 60 }), value });

/** An answer with one of its fields changed, or (the field 0) all of it. */
function changed(answer: unknown, { field, value: other }: { field: number; value: unknown }): unknown {
  const copy: unknown = JSON.parse(JSON.stringify(answer));
  const places: { holder: object; key: string }[] = [];
  const visit = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push({ holder: node, key });
      visit(child);
    }
  };
  visit(copy);
  if (field === 0) return other;
  const at = places[field % Math.max(1, places.length)];
  if (at !== undefined) Reflect.set(at.holder, at.key, other);
  return copy;
}

/** Ends well, or with an error of pgbak's own. */
async function orPgbakError<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof PgbakError) {
      expect(`${error.message}${error.hint ?? ''}`).not.toContain(place.server.masterKey.key);
      // oxlint-disable-next-line no-control-regex
      expect(error.message).not.toMatch(/[\u0000-\u0008\u000B-\u001F]/);
      expect(error.message.length).toBeLessThan(2000);
      return undefined;
    }
    throw error;
  }
}

test(
  'each step ends well or with a clear error when a field of an answer of B2 is changed {hostile@upload, hostile@fetch}',
  async () => {
    const files: Record<string, ReturnType<typeof archiveFile>> = {
      small: archiveFile(folder, 5000),
      large: archiveFile(folder, 50_000),
    };
    const striking = fc.record({
      endpoint: fc.constantFrom(...ENDPOINTS),
      change,
      times: fc.constantFrom(1, 99),
      which: fc.constantFrom('small', 'large'),
    });
    const property = fc.asyncProperty(striking, async ({ endpoint, change: one, times, which }) => {
      const { faults } = place.server;
      const file = files[which] ?? archiveFile(folder, 1);
      const storage = place.open();
      const good = await storage.put(NAME, file, putOptions());
      const another = place.open();
      faults.add({ endpoint, times, action: { kind: 'twist', change: (answer) => changed(answer, one) } });
      await orPgbakError(another.prepare(NAME, never));
      await orPgbakError(another.limits?.(never) ?? Promise.resolve([]));
      let isUnsettled = false;
      const options = putOptions({ info: { 'pgbak-attempt': 'this' }, onUnsettled: () => (isUnsettled = true) });
      const stored = await orPgbakError(another.put(NAME, file, options));
      // Whatever an answer says: what B2 has is what was called stored, or it is known to be in doubt.
      const made = place.server.versions(BUCKET).filter(({ fileInfo }) => fileInfo['pgbak-attempt'] === 'this');
      const finished = made.filter(({ action }) => action === 'upload');
      if (stored !== undefined || !isUnsettled) expect(finished).toHaveLength(stored === undefined ? 0 : 1);
      const seen = await orPgbakError(listed(another, ''));
      expect(seen?.every(({ storedAt }) => storedAt.toISOString() !== '')).not.toBe(false);
      await orPgbakError(another.sweep(NAME, never));
      const bytes = await orPgbakError(another.get(good, never).then((body) => buffer(body)));
      if (bytes !== undefined) expect(bytes.equals(file.content)).toBe(true);
      await orPgbakError(another.remove(good, never));
      faults.clear();
      // What is called stored can be had again, but for an answer that names another id.
      if (stored !== undefined) {
        expect(stored).toMatchObject({ sizeBytes: file.sizeBytes });
        const isThere = place.server.versions(BUCKET).some(({ fileId }) => fileId === stored.id);
        if (isThere) expect((await buffer(await storage.get(stored, never))).equals(file.content)).toBe(true);
      }
      for (const { id } of await listed(storage, '')) await storage.remove({ id, name: NAME }, never);
      await storage.sweep(NAME, never);
    });
    await fc.assert(property, fuzzRuns(30));
  },
  FUZZ_TIMEOUT_MS,
);

const header = fc.constantFrom(undefined, '', 'x', '-1', '0', '1', '4999', '5001', '1e9', '99999999999999999999');
test(
  'a download with changed headers gives exactly what was stored, or an error {hostile@fetch}',
  async () => {
    const file = archiveFile(folder, 5000);
    const storage = place.open({ idleMs: 300 });
    const good = await storage.put(NAME, file, putOptions());
    const headers = fc.record({
      'content-length': header,
      'x-bz-content-sha1': fc.constantFrom(undefined, '', 'none', 'x', '0'.repeat(40), `unverified:${file.sha1}`),
      'x-bz-info-large_file_sha1': fc.constantFrom(undefined, 'x', '1'.repeat(40)),
      'content-range': fc.constantFrom(undefined, 'bytes 0-4999/5000', 'bytes */*', 'x'),
      'content-encoding': fc.constantFrom(undefined, 'gzip', 'x'),
    });
    const property = fc.asyncProperty(headers, fc.constantFrom(1, 99), async (sent, times) => {
      place.server.faults.add({ endpoint: 'b2_download', times, action: { kind: 'headers', headers: sent } });
      const bytes = await orPgbakError(storage.get(good, never).then((body) => buffer(body)));
      place.server.faults.clear();
      // With neither a length nor a sum to go by, the catalogue's own sum tells, of which this storage knows nothing.
      if (bytes !== undefined) expect(file.content.subarray(0, bytes.length).equals(bytes)).toBe(true);
    });
    await fc.assert(property, fuzzRuns(30));
  },
  FUZZ_TIMEOUT_MS,
);
