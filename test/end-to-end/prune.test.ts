import { existsSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
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

interface Row {
  backupId: number;
  action: string;
  reasons: string[];
}

async function prune(account: Account, ...args: string[]) {
  const { status, stdout } = await account.start(['prune', '--json', ...args]).finished;
  return { status, rows: JSON.parse(stdout) as Row[] };
}

const idsOf = (rows: readonly Row[], action: string) =>
  rows.filter((row) => row.action === action).map(({ backupId }) => backupId);

/** Backs up once for each day, the last one yesterday. */
async function historyOf(account: Account, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) await account.pgbak('run', '--force');
  const catalog = new Database(account.catalogPath);
  const move = catalog.prepare('update backup_log set started_at = ? where id = ?');
  const yesterday = new Date().setUTCHours(3, 0, 0, 0) - 86_400_000;
  for (let id = 1; id <= days; id += 1) {
    move.run(new Date(yesterday - (days - id) * 86_400_000).toISOString(), id);
  }
  catalog.close();
}

test('in a directory: looked at first, then removed, and never by anything but the rules', async () => {
  using account = newAccount();
  const directory = account.folder.at('backups');
  const stored = () => archivesIn(directory);
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination: `file:${directory}` });
  await historyOf(account, 6);
  expect((await account.pgbak('prune')).stdout).toMatch(
    /^shop has no rules, so all backups are kept\. To set rules: pgbak edit shop /,
  );
  expect(await account.pgbak('edit', 'shop', '--keep-within', '3 days')).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/the period must be/),
  });
  await account.pgbak('verify', 'shop', '--at', '2');
  await account.pgbak('edit', 'shop', '--keep-daily', '2');
  expect(await prune(account, '--dry-run')).toMatchObject({
    status: 0,
    rows: [
      { backupId: 6, action: 'keep', reasons: ['daily', 'newest good'] },
      { backupId: 5, action: 'keep', reasons: ['daily'] },
      { backupId: 4, action: 'remove', reasons: [] },
      { backupId: 3, action: 'remove' },
      { backupId: 2, action: 'keep', reasons: ['newest verified'] },
      { backupId: 1, action: 'remove' },
    ],
  });
  expect(stored()).toHaveLength(6);
  const text = await account.pgbak('prune', 'shop', '--dry-run');
  expect(text.stdout).toMatch(/^shop +4 +\d+ days? ago +[\d.]+ kB +to be removed +no rule keeps it$/m);

  // Of a file that somebody else put there pgbak knows nothing.
  const [first] = ((await account.json('backups')) as { objectId: string }[]).slice(-1);
  renameSync(first?.objectId ?? '', `${directory}/shop.20200101T000000Z.sql.7z`);
  renameSync(`${first?.objectId}.sha256`, `${directory}/shop.20200101T000000Z.sql.7z.sha256`);
  expect(await prune(account)).toMatchObject({ status: 0 });
  expect(stored()).toHaveLength(4);
  expect(existsSync(`${directory}/shop.20200101T000000Z.sql.7z`)).toBe(true);
  const rows = (await prune(account)).rows;
  expect([idsOf(rows, 'keep'), idsOf(rows, 'remove'), idsOf(rows, 'missing')]).toEqual([[6, 5, 2], [], [1]]);
  expect(await account.json('backups')).toMatchObject([
    { backupId: 6, state: 'present' },
    { backupId: 5, state: 'present' },
    { backupId: 2, state: 'present' },
    { backupId: 1, state: 'missing' },
    { backupId: null, state: 'not in catalogue', startedAt: '2020-01-01T00:00:00.000Z', name: 'shop' },
  ]);
  expect(await account.pgbak('restore', 'shop', '--at', '4', '--output', account.folder.at('x'))).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/backup 4 of shop was removed from storage, /),
  });

  // A directory that is not mounted is no reason to believe that all of it is gone.
  renameSync(directory, `${directory}-away`);
  expect(await prune(account)).toMatchObject({ status: 1, rows: [{ action: 'unknown' }, {}, {}, {}] });
  renameSync(`${directory}-away`, directory);
  expect(idsOf((await prune(account)).rows, 'keep')).toEqual([6, 5, 2]);
});

test('after each good backup, and a verified one outlives those that are not', async () => {
  using account = newAccount();
  const destination = `file:${account.folder.at('backups')}`;
  const flags = { name: 'shop', 'connection-string': cluster.url('shop'), destination };
  await account.add({ ...flags, 'keep-last': 1, 'auto-prune': true });
  await account.pgbak('run', '--force');
  await account.pgbak('verify');
  await account.pgbak('run', '--force');
  await account.pgbak('run', '--force');
  expect(((await account.json('backups')) as Row[]).map(({ backupId }) => backupId)).toEqual([3, 1]);
  expect(archivesIn(account.folder.at('backups'))).toHaveLength(2);
  // A failed one has no say.
  await account.pgbak('edit', 'shop', '--no-check', '--connection-string', cluster.url('nowhere'));
  expect(await account.pgbak('run', '--force')).toMatchObject({ status: 1 });
  expect(idsOf((await prune(account)).rows, 'keep')).toEqual([3, 1]);
});

test('in B2: a key of its own, Object Lock, and a removal that fails and is tried again {denied@prune, locked@prune, refused@prune}', async () => {
  await using server = await startB2Server();
  const bucket = server.createBucket('pgbak-bucket', { fileLock: true });
  const daily = server.createKey({
    bucketId: bucket.id,
    capabilities: ['listBuckets', 'listFiles', 'readFiles', 'writeFiles'],
  });
  const pruning = server.createKey({ bucketId: bucket.id, capabilities: ['listBuckets', 'listFiles', 'deleteFiles'] });
  const { id, key } = daily;
  using account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), 'keep-last': 1, 'auto-prune': true });
  expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(await account.results('--force')).toMatchObject([
    {
      status: 'success',
      warnings: [expect.stringMatching(/^cannot remove backup 1: .*the application key does not allow it/)],
    },
  ]);
  expect(await account.json('logs', '--id', '2')).toMatchObject([{ warnings: [expect.anything()] }]);
  expect(await prune(account)).toMatchObject({ status: 1, rows: [{ action: 'keep' }, { action: 'failed' }] });

  account.env['B2_PRUNE_KEY_ID'] = pruning.id;
  expect(await account.pgbak('prune')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/B2_PRUNE_APP_KEY is missing/),
  });
  account.env['B2_PRUNE_APP_KEY'] = pruning.key;
  const [, oldest] = server.versions('pgbak-bucket');
  if (oldest === undefined) throw new Error('no version');
  oldest.retention = { mode: 'compliance', retainUntilTimestamp: Date.now() + 86_400_000 };
  expect(await prune(account)).toMatchObject({
    status: 0,
    rows: [
      { action: 'keep' },
      { action: 'locked', reasons: [expect.stringMatching(/^Object Lock keeps it until 20/)] },
    ],
  });
  delete oldest.retention;
  server.faults.add({
    endpoint: 'b2_delete_file_version',
    action: { kind: 'refuse', status: 400, code: 'bad_request' },
  });
  expect(await prune(account)).toMatchObject({ status: 1, rows: [{ action: 'keep' }, { action: 'failed' }] });
  expect(server.versions('pgbak-bucket')).toHaveLength(2);
  expect(await prune(account)).toMatchObject({ status: 0, rows: [{ action: 'keep' }, { action: 'remove' }] });
  expect(server.versions('pgbak-bucket')).toHaveLength(1);
  expect(await account.results('--force')).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(server.versions('pgbak-bucket')).toHaveLength(1);
});
