import { beforeEach, expect, test } from '@jest/globals';
import type { FaultAction } from '../support/b2-server/faults.ts';
import { account, cluster, server, setTheScene } from './b2-scene.ts';

setTheScene();
beforeEach(async () => {
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'archive-password': 'a secret' });
});

const refuse = (status: number, code: string): FaultAction => ({ kind: 'refuse', status, code });
const names = () => server.versions('pgbak-bucket').map(({ fileName }) => fileName);

test.each<[string, FaultAction, RegExp]>([
  ['the storage cap is reached {full@copy}', refuse(403, 'storage_cap_exceeded'), /storage cap is reached/],
  ['B2 refuses it {refused@copy}', refuse(400, 'bad_request'), /bad_request/],
  ['the key is restricted by now {denied@copy}', refuse(403, 'access_denied'), /access denied/],
])(
  'a copy of the catalogue that cannot be stored is a warning, and the backup counts: %s',
  async (_name, action, words) => {
    account.env['PGBAK_CATALOG_COPY'] = 'on';
    server.faults.add({ endpoint: 'b2_upload_file', after: 1, times: 99, action });
    const { status, stderr } = await account.pgbak('run');
    expect(stderr).toMatch(/cannot store a copy of the catalogue beside the backups: /);
    expect(stderr).toMatch(words);
    expect(status).toBe(0);
    expect(names()).toEqual(['shop.sql.7z']);
    expect(await account.json('backups')).toHaveLength(1);
  },
);

test.each<[string, FaultAction]>([
  ['is lost {lost@copy}', { kind: 'lose-response' }],
  ['is the page of a proxy {damaged@copy}', { kind: 'garble', how: 'html' }],
])('a copy of the catalogue is stored once, though the answer %s', async (_name, action) => {
  account.env['PGBAK_CATALOG_COPY'] = 'on';
  server.faults.add({ endpoint: 'b2_upload_file', after: 1, action });
  const { status, stderr } = await account.pgbak('run');
  expect(stderr).not.toContain('could not be copied');
  expect(status).toBe(0);
  expect(names().filter((name) => name.startsWith('pgbak-catalog'))).toHaveLength(1);
});

test.each<[string, string, FaultAction]>([
  [
    'a listing that is the page of a proxy {damaged@prune}',
    'b2_list_file_versions',
    { kind: 'garble', how: 'html', status: 403 },
  ],
  ['a listing that is refused {refused@prune}', 'b2_list_file_versions', refuse(403, 'transaction_cap_exceeded')],
  [
    'a removal for which the key is restricted by now {denied@prune}',
    'b2_delete_file_version',
    refuse(403, 'access_denied'),
  ],
])('no backup is lost by %s, and the status tells', async (_name, endpoint, action) => {
  await account.pgbak('edit', 'shop', '--no-check', '--keep-last', '1');
  await account.pgbak('run', '--force');
  await account.pgbak('run', '--force');
  server.faults.add({ endpoint, times: 99, action });
  const { status, stdout, stderr } = await account.pgbak('prune');
  expect(status).toBe(1);
  expect(stdout + stderr).not.toMatch(/bug in pgbak|undefined/);
  expect(names()).toHaveLength(2);
  server.faults.clear();
  expect(await account.pgbak('prune')).toMatchObject({ status: 0 });
  expect(names()).toHaveLength(1);
});
