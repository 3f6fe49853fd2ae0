import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { archivesIn } from '../support/archives-in.ts';
import { account, cluster, server, setTheScene } from './b2-scene.ts';

setTheScene();

interface Point {
  backupId: number;
  objectId: string;
}

const points = async () => (await account.json('backups', 'shop')) as Point[];

/** What a kill -9 leaves that comes when storage has the archive and the catalogue does not know it yet. */
function forgetTheRecord(): void {
  const catalog = new Database(account.catalogPath);
  catalog.exec(`update backup_log set result = 'Running', success = '0', finished_at = null, place = null,
    object_id = null, sha1 = null, sha256 = null where id = (select max(id) from backup_log)`);
  catalog.exec('delete from part_sums');
  catalog.close();
}

test.each([
  ['a directory {kill@publish, kill@record}', () => `file:${account.folder.at('backups')}`],
  ['B2', () => 'b2'],
])('an archive that was stored and not recorded becomes a backup at the next run: %s', async (_name, destination) => {
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    'archive-password': 'a secret',
    destination: destination(),
  });
  await account.results('--force');
  const [stored] = await points();
  forgetTheRecord();

  const { stdout, stderr } = await account.pgbak('run', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ status: 'skipped' }] });
  expect(stderr).toContain('was stored but not recorded. It is backup 2 now');
  expect(await points()).toMatchObject([{ backupId: 2, objectId: stored?.objectId }]);
  expect(await account.json('verify', 'shop', '--level', 'archive')).toMatchObject([{ verdict: 'good' }]);
  expect(await account.json('logs', '--failed')).toMatchObject([
    { backupId: 1, error: expect.stringContaining('Its archive was stored all the same, as backup 2') },
  ]);
  // Once is enough.
  expect((await account.pgbak('run')).stderr).not.toContain('not recorded');
});

test.each([
  ['the run was killed', 'finished_at = null', false],
  ['the run was killed and its server deleted', 'finished_at = null', true],
  [
    'the disk of the catalogue was full',
    "result = 'the backup is stored, but it is not recorded', unsettled = 1",
    false,
  ],
])(
  'an archive of which only the end was not recorded is that backup: %s {kill@record}',
  async (_why, changes, isDeleted) => {
    await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'count-rows': true });
    await account.results('--force');
    const [stored] = await points();
    const catalog = new Database(account.catalogPath);
    catalog.exec(`update backup_log set success = '0', ${changes}`);
    catalog.close();
    expect(await points()).toEqual([]);

    if (isDeleted) {
      await account.pgbak('del', 'shop', '--yes');
      await account.add({ name: 'other', 'connection-string': cluster.url('shop') });
    }
    expect((await account.pgbak('run')).stderr).toContain('was stored but not recorded. It is backup 1 now');
    const listed = (await account.json('backups')) as Point[];
    expect(listed.filter(({ backupId }) => backupId === 1)).toMatchObject([{ objectId: stored?.objectId }]);
    expect(await account.json('status')).toMatchObject([{ state: 'OK' }]);
    expect((await account.pgbak('run')).stderr).not.toContain('not recorded');
  },
);

test('copies that were not recorded are taken in, and those that were not stored are missing {kill@record}', async () => {
  const [first, second, third] = [account.folder.at('a'), account.folder.at('b'), account.folder.at('c')];
  const places = [first, second, third].flatMap((path) => ['--destination', `file:${path}`]);
  await account.pgbak('add', '--connection-string', cluster.url('shop'), ...places, '--create-destination');
  await account.results('--force');
  const catalog = new Database(account.catalogPath);
  catalog.exec(`delete from backup_log where copy_of is not null;
    update backup_log set result = 'Running', success = '0', finished_at = null`);
  catalog.close();
  for (const name of archivesIn(third)) rmSync(join(third, name));
  renameSync(third, `${third} is away`);

  const { status, stdout } = await account.pgbak('run', '--json');
  const copies = [{ place: `file:${first}` }, { place: `file:${second}` }, { place: `file:${third}`, objectId: null }];
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 1, results: [{ status: 'incomplete', copies }] });
  expect(await points()).toMatchObject([{ backupId: 1, place: `file:${first}` }]);

  // In a place that is taken away, nothing is missing. One that is added gets the backups from then on.
  await account.pgbak('edit', 'shop', ...places.slice(0, 4));
  expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 2, of: 2 } }]);
  renameSync(`${third} is away`, third);
  await account.pgbak('edit', 'shop', ...places);
  expect(await account.results()).toMatchObject([{ reason: expect.stringMatching(/^not due/) }]);
  expect(await account.json('copy')).toMatchObject([{ place: `file:${third}`, success: true }]);
  expect([first, second, third].map((path) => archivesIn(path).length)).toEqual([1, 1, 1]);
  expect(await account.json('status')).toMatchObject([{ state: 'OK', places: { held: 3, of: 3 } }]);
});

test('what B2 stored while it could not be asked is a backup at the next run {lost@record}', async () => {
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'archive-password': 'a secret' });
  const busy = { kind: 'refuse', status: 403, code: 'cap_exceeded' } as const;
  server.faults.add({
    endpoint: 'b2_upload_file',
    action: { kind: 'garble', how: 'refusal', status: 403, code: 'cap_exceeded' },
  });
  server.faults.add({ endpoint: 'b2_list_file_versions', times: 9, action: busy });
  expect(await account.results('--force')).toMatchObject([{ status: 'failed' }]);
  expect(server.versions('pgbak-bucket')).toHaveLength(1);

  server.faults.clear();
  expect((await account.pgbak('run')).stderr).toContain('was stored but not recorded. It is backup 2 now');
  expect(await points()).toMatchObject([{ backupId: 2, objectId: server.versions('pgbak-bucket')[0]?.fileId }]);
});

test('a refused download does not keep the process for as long as B2 keeps its connection {refused@fetch}', async () => {
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'archive-password': 'a secret' });
  await account.results('--force');
  const action = { kind: 'refuse', status: 403, code: 'download_cap_exceeded', keepAlive: true } as const;
  server.faults.add({ endpoint: 'b2_download', times: 9, action });
  // It ends at all only if no connection is left open: the server keeps it longer than this test may take.
  const { status, stderr } = await account.pgbak('restore', 'shop', '--output', account.folder.at('shop.sql'));
  expect(status).toBe(1);
  expect(stderr).toContain("the account's download cap is reached");
});
