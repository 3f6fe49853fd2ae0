import { expect, test } from '@jest/globals';
import type { FaultAction } from '../support/b2-server/faults.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveFile, putOptions } from './archives.ts';
import { b2Place, BUCKET } from './open-b2.ts';

const refuse = (status: number, code: string): FaultAction => ({ kind: 'refuse', status, code });

test.each<[string, FaultAction, RegExp]>([
  ['the storage cap is reached {full@publish}', refuse(403, 'storage_cap_exceeded'), /storage cap is reached/],
  ['the key may not {denied@publish}', refuse(403, 'access_denied'), /access denied/],
  ['somebody cancelled the upload {gone@publish}', refuse(400, 'file_not_present'), /file_not_present|not there/],
  ['the request is refused {refused@publish}', refuse(400, 'bad_request'), /bad_request/],
])('an archive whose last step B2 refuses is not stored, and it is told that %s', async (_name, action, message) => {
  await using place = await b2Place();
  using folder = temporaryFolder();
  place.server.faults.add({ endpoint: 'b2_finish_large_file', times: 99, action });
  const stored = place.open().put('shop.sql.7z', archiveFile(folder, 13_000_000), putOptions());
  await expect(stored).rejects.toThrow(message);
  expect(place.server.versions(BUCKET)).toEqual([]);
  expect(place.server.unfinished()).toEqual([]);
});

test('an archive whose last step is left open, since the key is revoked, is in no bucket, and the key is named {secret@publish}', async () => {
  await using place = await b2Place();
  using folder = temporaryFolder();
  const revoked = refuse(401, 'bad_auth_token');
  place.server.faults.add({ endpoint: 'b2_finish_large_file', times: 99, action: revoked });
  place.server.faults.add({ endpoint: 'b2_authorize_account', after: 1, times: 99, action: revoked });
  const stored = place.open().put('shop.sql.7z', archiveFile(folder, 13_000_000), putOptions());
  await expect(stored).rejects.toThrow(/does not accept the application key/);
  expect(place.server.versions(BUCKET).map(({ action }) => action)).toEqual(['start']);
  // Nothing can be cancelled with that key; with a new one the next run does.
  place.server.faults.clear();
  expect(await place.open().sweep('shop.sql.7z', new AbortController().signal)).toHaveLength(1);
});
