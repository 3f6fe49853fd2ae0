import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fakeClock } from '../support/fake-clock.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

const DIRECTORY = 'backups';

async function addShop(account: Account, rules: Record<string, string | number | true> = {}): Promise<void> {
  const destination = `file:${account.folder.at(DIRECTORY)}`;
  await account.add({ name: 'shop', 'connection-string': cluster.url('shop'), destination, ...rules });
}

async function runAt(account: Account, offset: string): Promise<string> {
  const { status, stderr } = await account.start(['run', '--force'], fakeClock(offset)).finished;
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stderr;
}

const presentIn = async (account: Account) =>
  ((await account.json('backups')) as { backupId: number; state: string }[])
    .map(({ backupId }) => backupId)
    .toSorted((a, b) => a - b);
const archivesIn = (account: Account) =>
  readdirSync(account.folder.at(DIRECTORY)).filter((name) => name.endsWith('.7z'));

test('one run ten years ahead: later backups stay, latest is one of them, and everybody says so {clock@prune, clock@record}', async () => {
  using account = newAccount();
  await addShop(account);
  for (let run = 1; run <= 3; run += 1) await account.pgbak('run', '--force');
  await runAt(account, '+3653d');
  expect(await account.json('status')).toMatchObject([
    { state: 'WARNING', reason: expect.stringMatching(/^backup 4 says it was made 2036-.*a clock is or was wrong/) },
  ]);
  expect(await account.json('list')).toMatchObject([{ nextDue: null }]);
  expect((await account.pgbak('backups')).stdout).toMatch(/^4 .*in 36\d\d days \(clock\?\)/m);

  await account.pgbak('edit', 'shop', '--keep-last', '1', '--auto-prune');
  for (const id of [5, 6]) {
    expect(await account.results('--force')).toMatchObject([
      { status: 'success', backupId: id, warnings: [expect.stringMatching(/backup 4 says it was made 2036/)] },
    ]);
    expect(await presentIn(account)).toEqual([4, id]);
  }
  expect(archivesIn(account)).toHaveLength(2);
  expect(await account.json('prune')).toMatchObject([
    { backupId: 4, action: 'keep', reasons: [expect.stringMatching(/^its time is in the future \(2036-/)] },
    { backupId: 6, action: 'keep' },
  ]);
  const restored = await account.pgbak('restore', 'shop', '--output', account.folder.at('shop.sql'));
  expect(restored).toMatchObject({ status: 0, stderr: expect.stringMatching(/passed over for --at latest: backup 4/) });
  expect(await account.json('verify')).toMatchObject([{ backupId: 6, verdict: 'good' }]);
  expect((await account.pgbak('status', '--prometheus')).stdout).toMatch(
    /last_success_timestamp_seconds\{server="shop"\} 1[0-9]{9}\b/,
  );

  // The doubt can be settled, and then the rules hold for it as well.
  expect(await account.pgbak('catalog', 'retime', '6')).toMatchObject({ status: 2 });
  expect(await account.pgbak('catalog', 'retime', '4')).toMatchObject({ status: 0 });
  await account.json('prune');
  expect(await presentIn(account)).toEqual([6]);
});

test.each([
  ['ten years back {clock@prune}', '-3653d'],
  ['an hour back {clock@prune}', '-1h'],
])('one run with the clock %s is not pruned by itself, nor does it remove what is newer', async (_, offset) => {
  using account = newAccount();
  await addShop(account, { 'keep-last': 1, 'auto-prune': true });
  await account.pgbak('run', '--force');
  const said = await runAt(account, offset);
  expect(said).toMatch(/backup 1 says it was made .*a clock is or was wrong/);
  expect(await presentIn(account)).toEqual([1, 2]);
  expect(await account.json('prune')).toMatchObject([
    { backupId: 1, action: 'keep' },
    { backupId: 2, action: 'keep', reasons: ['recorded last'] },
  ]);
  await account.pgbak('run', '--force');
  expect(await presentIn(account)).toEqual([3]);
});

test('where every backup lies ahead, as on a machine that believes it is 1990, none is latest, and one can be named {clock@fetch}', async () => {
  using account = newAccount();
  await addShop(account);
  await account.pgbak('run', '--force');
  const past = fakeClock('@1990-01-01 00:00:00');
  const file = account.folder.at('shop.sql');
  expect(await account.start(['restore', 'shop', '--output', file], past).finished).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/backup 1 says it was made 2.*now it is 1990-.*--at ID/s),
  });
  expect(await account.start(['restore', 'shop', '--at', '1', '--output', file], past).finished).toMatchObject({
    status: 0,
  });
  const status = await account.start(['status', '--json'], past).finished;
  expect(status.status).toBe(1);
  expect(JSON.parse(status.stdout)).toMatchObject([
    { state: 'LATE', reason: expect.stringMatching(/^the age of its last good backup is unknown/) },
  ]);

  // A run of that time is no reason to call the backup of a moment ago late.
  expect(await account.start(['run', '--force'], past).finished).toMatchObject({ status: 0 });
  expect(await account.json('status')).toMatchObject([{ state: 'OK', lastAttempt: expect.stringMatching(/^1990-/) }]);
});
