import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const shop = () => ({ name: 'shop', 'connection-string': cluster.url('shop') });
const states = async (account: Account, ...args: string[]) =>
  ((await account.json('backups', ...args)) as { backupId: number | null; state: string }[]).map(
    ({ backupId, state }) => [backupId, state],
  );

test('a directory whose disk is not mounted is no place to store in, and nothing is made there {gone@connect, gone@prune, replaced@connect}', async () => {
  using account = newAccount();
  const directory = account.folder.at('backups');
  const flags = ['--name', 'shop', '--connection-string', cluster.url('shop'), '--destination', `file:${directory}`];
  expect(await account.pgbak('add', ...flags)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/does not exist[\s\S]*--create-destination/),
  });
  expect(await account.pgbak('add', ...flags, '--no-check', '--keep-last', '1')).toMatchObject({ status: 0 });
  expect(await account.results('--force')).toMatchObject([{ error: expect.stringMatching(/does not exist/) }]);
  expect(await account.pgbak('edit', 'shop', '--create-destination')).toMatchObject({ status: 0 });
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);

  const away = () => renameSync(directory, `${directory}-away`);
  const refused = async (words: RegExp) => {
    expect(await account.results('--force')).toMatchObject([{ error: expect.stringMatching(words) }]);
    expect(await account.pgbak('prune')).toMatchObject({ status: 1, stdout: expect.stringMatching(/unknown/) });
    expect(await account.json('verify', '--level', 'remote')).toMatchObject([{ verdict: 'unknown' }]);
    const unknown = { verdict: 'unknown', message: expect.stringMatching(words) };
    expect(await account.json('verify', '--level', 'archive')).toMatchObject([unknown]);
    expect(await account.pgbak('restore', 'shop', '--stdout')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /Is its disk mounted\?\nMount it\. If it was moved: pgbak edit shop --destination file:\/its\/new\/place\n/,
      ),
    });
    expect(await state()).toMatchObject([{ state: 'FAILING', reason: expect.stringMatching(words) }]);
  };
  const state = async () => await account.json('status');
  expect(await state()).toMatchObject([{ state: 'OK' }]);
  away();
  // Before a run has failed for it.
  expect(await state()).toMatchObject([{ state: 'FAILING', reason: expect.stringMatching(/Is its disk mounted/) }]);
  await refused(/holds none of the backups.*Is its disk mounted/);
  mkdirSync(directory);
  await refused(/its file .* is missing\. Is its disk mounted/);
  expect(readdirSync(directory)).toEqual([]);
  writeFileSync(`${directory}/.pgbak-destination`, `pgbak destination ${crypto.randomUUID()}\n`);
  await refused(/is that of another directory/);
  rmSync(directory, { recursive: true });
  renameSync(`${directory}-away`, directory);
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
  // Copied without its hidden files it is still told by what it holds.
  rmSync(`${directory}/.pgbak-destination`);
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
  expect(readdirSync(directory)).toContain('.pgbak-destination');
});

test('a server that was deleted and added again takes its earlier archives over, and rules hold for them', async () => {
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ ...shop(), destination });
  await account.pgbak('run', '--force');
  await account.pgbak('run', '--force');
  await account.pgbak('del', 'shop', '--yes');
  const added = await account.add({ ...shop(), destination, 'keep-last': 1 });
  expect(added.stdout).toMatch(/2 backups of a server that was deleted .* pgbak catalog rebuild --from/);
  expect(await states(account)).toEqual([
    [2, 'present'],
    [1, 'present'],
  ]);
  expect(await account.json('catalog', 'rebuild', '--from', destination)).toMatchObject([{ isNew: false, added: 2 }]);
  expect(await states(account, 'shop')).toHaveLength(2);
  expect(await account.json('prune')).toMatchObject([
    { backupId: 2, action: 'keep' },
    { backupId: 1, action: 'remove' },
  ]);
});

test('what another host stores under the same name is shown as such, never taken over and never removed {replaced@prune}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  const { id, key } = server.createKey({});
  const env = { B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' };
  using here = newAccount(env);
  using there = newAccount(env);
  await here.add({ ...shop(), 'keep-last': 1 });
  await here.pgbak('run', '--force');
  const note =
    /Mind: b2:pgbak-bucket holds archives of that archive name that another catalogue made \([\da-f-]{36}\)[^]*pgbak catalog rebuild --from b2:pgbak-bucket --adopt-catalog [\da-f-]{36}/;
  expect((await there.add(shop())).stdout).toMatch(note);
  // One's own are no reason for a word, nor is a name of one's own.
  expect((await here.pgbak('edit', 'shop', '--b2-bucket', 'pgbak-bucket')).stdout).not.toMatch(/Mind: b2/);
  expect((await there.add({ ...shop(), name: 'other', 'archive-name': 'there/shop' })).stdout).not.toMatch(/Mind: b2/);
  await there.pgbak('del', 'other', '--yes');
  await there.pgbak('run', '--force');
  await there.pgbak('run', '--force');
  const from = ['--from', 'b2:pgbak-bucket'];
  expect(await states(here)).toEqual([
    [null, 'of another catalogue'],
    [null, 'of another catalogue'],
    [1, 'present'],
  ]);
  expect(await states(here, '--remote', ...from)).toEqual(await states(here));
  const rebuilt = await here.pgbak('catalog', 'rebuild', ...from);
  expect(rebuilt).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/left alone: 2 archives of the catalogue/),
  });
  expect(await here.json('prune')).toMatchObject([{ backupId: 1, action: 'keep' }]);
  expect(server.versions('pgbak-bucket')).toHaveLength(3);

  // By name they are taken over, and then ruled.
  const [, other] = /catalogue ([\da-f-]{36})/.exec(rebuilt.stderr) ?? [];
  expect(await here.json('catalog', 'rebuild', ...from, '--adopt-catalog', other ?? '')).toMatchObject([{ added: 2 }]);
  await here.json('prune');
  expect(server.versions('pgbak-bucket')).toHaveLength(1);
});

test('what another host stores in the same directory is shown as such, and left by rules and sweeps {replaced@prune}', async () => {
  using here = newAccount();
  using there = newAccount();
  const directory = here.folder.at('backups');
  const destination = `file:${directory}`;
  await here.add({ ...shop(), destination, 'keep-last': 1 });
  await here.pgbak('run', '--force');
  const added = await there.add({ ...shop(), destination, format: 'binary' });
  expect(added.stdout).toMatch(/Mind: file:.* holds archives of that archive name that another catalogue made/);
  await there.pgbak('edit', 'shop', '--format', 'sql');
  await there.pgbak('run', '--force');
  expect(await states(here)).toEqual([
    [null, 'of another catalogue'],
    [1, 'present'],
  ]);
  const rebuilt = await here.pgbak('catalog', 'rebuild', '--from', destination);
  expect(rebuilt).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/left alone: 1 archives of the catalogue/),
  });
  expect(await here.json('prune')).toMatchObject([{ backupId: 1, action: 'keep' }]);

  // What lies beside an archive that somebody removed by hand goes with the next run of its own catalogue alone.
  const archives = readdirSync(directory).filter((name) => name.endsWith('.7z'));
  for (const name of archives) rmSync(`${directory}/${name}`);
  expect(readdirSync(directory).filter((name) => name.endsWith('.sha256'))).toHaveLength(2);
  await here.pgbak('run', '--force');
  expect(readdirSync(directory).filter((name) => name.endsWith('.sha256'))).toHaveLength(2);

  // A new catalogue learns from storage alone what the database was made with.
  using lost = newAccount();
  const restored = await lost.pgbak('catalog', 'rebuild', '--from', destination);
  expect(restored.stderr).toMatch(/they can be restored, but no rule removes them/);
  const catalog = new Database(lost.catalogPath, { readonly: true });
  expect(catalog.prepare('select raw_size > 0 as raw, encoding, facts_id from backup_log').all()).toEqual([
    { raw: 1, encoding: 'UTF8', facts_id: expect.any(Number) },
  ]);
  catalog.close();
});

test('a place whose keys are gone stops nothing elsewhere, and can be given up {gone@prune, secret@prune}', async () => {
  await using server = await startB2Server();
  server.createBucket('old-bucket');
  const { id, key } = server.createKey({});
  using account = newAccount({ B2_API_URL: server.url });
  const destination = `file:${account.folder.at('backups')}`;
  await account.add({ ...shop(), 'b2-key-id': id, 'b2-app-key': key, 'b2-bucket': 'old-bucket', 'keep-last': 1 });
  await account.pgbak('run', '--force');
  const moved = ['--destination', destination, '--create-destination', '--b2-key-id', '', '--b2-app-key', ''];
  await account.pgbak('edit', 'shop', ...moved, '--b2-bucket', '', '--auto-prune');
  await account.pgbak('run', '--force');
  expect(await account.results('--force')).toMatchObject([
    {
      status: 'success',
      warnings: [expect.stringMatching(/nothing was pruned in b2:old-bucket: .*pgbak catalog forget/)],
    },
  ]);
  expect(await account.json('prune')).toMatchObject([
    { backupId: 3, action: 'keep' },
    { backupId: 1, action: 'unknown' },
  ]);
  expect(await account.pgbak('catalog', 'forget', destination, '--yes')).toMatchObject({ status: 2 });
  expect(await account.pgbak('catalog', 'forget', 'b2:old-bucket')).toMatchObject({ status: 2 });
  expect(await account.pgbak('catalog', 'forget', 'b2:old-bucket', '--yes')).toMatchObject({ status: 0 });
  expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(await states(account)).toEqual([[4, 'present']]);
  expect(server.versions('old-bucket')).toHaveLength(1);
});

test('one archive in two rows, one that was replaced, and a link in its place are not removed {replaced@prune}', async () => {
  using account = newAccount();
  const directory = account.folder.at('backups');
  await account.add({ ...shop(), destination: `file:${directory}` });
  for (let run = 0; run < 4; run += 1) await account.pgbak('run', '--force');
  await account.pgbak('edit', 'shop', '--keep-last', '1');
  const rows = (await account.json('backups')) as { backupId: number; objectId: string }[];
  const pathOf = (id: number) => rows.find(({ backupId }) => backupId === id)?.objectId ?? '';
  const catalog = new Database(account.catalogPath);
  catalog.prepare('update backup_log set object_id = ? where id = 3').run(pathOf(4));
  catalog.close();
  writeFileSync(pathOf(2), 'somebody else wrote this');
  writeFileSync(account.folder.at('precious'), 'precious');
  rmSync(pathOf(1));
  symlinkSync(account.folder.at('precious'), pathOf(1));
  expect(await account.json('prune')).toMatchObject([
    // The same archive: both rows stay as long as it does.
    { backupId: 3, action: 'keep' },
    { backupId: 4, action: 'keep' },
    { backupId: 2, action: 'keep', reasons: [expect.stringMatching(/instead of the \d+ that were stored/)] },
    { backupId: 1, action: 'missing' },
  ]);
  expect(readdirSync(account.folder.path)).toContain('precious');
});
