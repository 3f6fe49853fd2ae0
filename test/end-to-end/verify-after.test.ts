import { readdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { archivesIn } from '../support/archives-in.ts';
import { eventually } from '../support/eventually.ts';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Account } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { createSampleDatabase } from '../support/postgres/sample-database.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

let cluster: Cluster;
let account: Account;
let receiver: HttpRecorder;
beforeAll(async () => {
  cluster = await startCluster();
  await createSampleDatabase(cluster, 'shop');
  await cluster.sql('shop', 'create role clerk; create table owned (n int); alter table owned owner to clerk');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  account = newAccount();
  receiver = await startHttpRecorder();
});
afterEach(async () => {
  expect(processesWith(account.folder.path)).toEqual([]);
  expect(readdirSync(account.temporary)).toEqual([]);
  account[Symbol.dispose]();
  await receiver[Symbol.asyncDispose]();
});

const add = (flags: Record<string, string | true>) =>
  account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    destination: `file:${account.folder.at('backups')}`,
    'archive-password': 'a secret',
    'hc-url-success': `${receiver.url}/success`,
    'hc-url-fail': `${receiver.url}/failure`,
    'hc-url-verify': `${receiver.url}/verify?a=1`,
    ...flags,
  });
const pings = () => receiver.requests.map(({ url }) => url);

test.each(['sql', 'binary'])('a %s backup is restored into a server of its own before it counts', async (format) => {
  // What somebody has set for his own servers leads to none of ours.
  Object.assign(account.env, {
    PGPORT: '1',
    PGHOSTADDR: '127.0.0.1',
    PGREQUIREAUTH: 'scram-sha-256',
    PGUSER: 'nobody',
  });
  await add({ 'verify-after': 'restore', 'count-rows': true, format });
  expect(await account.results()).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(pings()).toEqual(['/verify?a=1', '/success']);
  expect(receiver.requests[0]?.body).toMatch(
    /^backup 1 of shop at level restore: good\nrestored: 6 tables with \d+ rows, as many as were counted with the dump$/,
  );
  expect(await account.json('status')).toMatchObject([
    { state: 'OK', lastVerified: expect.any(String), lastVerifiedLevel: 'restore' },
  ]);
  expect(await account.json('list')).toMatchObject([{ lastVerified: expect.any(String) }]);
  expect((await account.pgbak('list')).stdout).toMatch(/verified[\s\S]*just now/);
});

test('one that does not pass is stored, failed, told, and still there to be looked at {refused@scratch}', async () => {
  await cluster.createDatabase('unqualified');
  // A load finds nothing that a function names without its schema.
  await cluster.sql(
    'unqualified',
    `create table rate (n int); create table price (n int);
     create function rates() returns bigint language plpgsql as 'begin return (select count(*) from rate); end';
     alter table price add check (rates() >= 0); insert into price values (1)`,
  );
  await add({ 'connection-string': cluster.url('unqualified'), 'verify-after': 'restore', 'min-size': '1' });
  expect(await account.results()).toMatchObject([
    {
      status: 'failed',
      error: expect.stringMatching(
        /^the backup is stored, but its verification at level restore failed: [^]*relation "rate" does not exist[^]*empty search_path, and the function public\.rates\(\) [^]*SET search_path/,
      ),
    },
  ]);
  expect(pings()).toEqual(['/verify/fail?a=1', '/failure']);
  expect(await account.json('backups')).toEqual([]);
  expect(await account.pgbak('restore', 'shop', '--at', '1', '--output', account.folder.at('it'))).toMatchObject({
    status: 0,
  });
});

test('one that could not be looked at counts, with a warning {refused@scratch}', async () => {
  await add({ 'verify-after': 'restore' });
  account.env['PGBAK_SCRATCH_URL'] = 'postgresql://nobody@127.0.0.1:1/none';
  expect(await account.results()).toMatchObject([
    {
      status: 'success',
      warnings: [expect.stringMatching(/^the backup is stored, but could not be verified at level restore: /)],
    },
  ]);
  expect(pings()).toEqual(['/verify/fail?a=1', '/success']);
  expect(await account.json('backups')).toHaveLength(1);
  delete account.env['PGBAK_SCRATCH_URL'];
  expect(await account.json('verify', 'shop', '--at', '1', '--level', 'restore')).toMatchObject([{ isGood: true }]);
  expect(pings().at(-1)).toBe('/verify?a=1');
});

test('one whose verification a signal ended counts, with a warning {stop@scratch}', async () => {
  await add({ 'verify-after': 'restore' });
  const running = account.start(['run', '--json']);
  let told = '';
  running.child.stderr?.on('data', (text: unknown) => void (told += String(text)));
  await eventually('it is verified', () => told.includes('verifying'));
  running.child.kill('SIGTERM');
  const { status, stdout } = await running.finished;
  expect(status).toBe(143);
  expect(JSON.parse(stdout)).toMatchObject({
    results: [
      { status: 'success', warnings: [expect.stringMatching(/could not be verified .*: interrupted by SIGTERM$/)] },
    ],
  });
  expect(pings().at(-1)).toBe('/success');
  expect(await account.json('backups')).toHaveLength(1);
});

test('rows that did not come back are found out {damaged@scratch}', async () => {
  await add({ 'count-rows': true, 'exclude-table-data': 'event_2025', format: 'binary' });
  await account.pgbak('run');
  expect(await account.json('verify', '--level', 'restore')).toMatchObject([
    { isGood: true, message: expect.stringMatching(/as many as were counted/) },
  ]);
  const { default: Database } = await import('better-sqlite3');
  const catalog = new Database(account.catalogPath);
  const { counts } = catalog.prepare('select counts from row_counts').get() as { counts: string };
  const rows = JSON.parse(counts) as Record<string, number>;
  expect(rows).toMatchObject({ 'public.customer': 2004, 'Größe & Maß.Tabelle "1"': 3 });
  expect(rows).not.toHaveProperty(['public.event_2025']);
  catalog.prepare('update row_counts set counts = ?').run(JSON.stringify({ ...rows, 'public.customer': 2005, x: 1 }));
  catalog.close();
  expect(await account.json('verify', '--level', 'restore')).toMatchObject([
    {
      isGood: false,
      message: 'restored, but not all of it: public.customer has 2004 rows, 2005 were dumped, and 1 more tables differ',
    },
  ]);
  expect(await account.json('status')).toMatchObject([
    { state: 'FAILING', reason: expect.stringMatching(/^verified and found bad: restored, but not all/) },
  ]);
});

test('verify SERVER --all takes every backup, and a good old one hides no bad new one', async () => {
  await add({});
  await add({ name: 'other', 'archive-name': 'other' });
  for (let made = 0; made < 3; made += 1) await account.pgbak('run', 'shop', '--force');
  await account.pgbak('run', 'other');
  const verified = async (...args: string[]) =>
    ((await account.json('verify', ...args)) as { backupId: number; verdict: string }[]).map(
      ({ backupId, verdict }) => `${backupId} ${verdict}`,
    );
  expect(await verified('shop', '--all')).toEqual(['3 good', '2 good', '1 good']);
  expect(await verified('--all-backups', '--level', 'remote')).toHaveLength(4);
  expect(await verified('--all')).toEqual(['4 good', '3 good']);
  const pinged = pings().length;
  const directory = account.folder.at('backups');
  const newest = archivesIn(directory).findLast((name) => name.startsWith('shop.')) ?? '';
  rmSync(`${directory}/${newest}`);
  expect(await verified('shop', '--all', '--level', 'remote')).toEqual(['3 bad', '2 good', '1 good']);
  // One ping for all of them.
  expect(pings().slice(pinged)).toEqual(['/verify/fail?a=1']);
  expect(await account.json('status', 'shop')).toMatchObject([
    { state: 'FAILING', reason: expect.stringMatching(/^verified and found bad: /) },
  ]);
});

test('verify --all --sample takes those that wait longest', async () => {
  for (const name of ['a', 'b', 'c']) await add({ name, 'archive-name': name });
  await account.pgbak('run');
  const sampled = async (count: string) =>
    ((await account.json('verify', '--all', '--sample', count)) as { name: string }[]).map(({ name }) => name);
  expect(await sampled('2')).toEqual(['a', 'b']);
  expect(await sampled('2')).toEqual(['c', 'a']);
  // To look whether it is there is not to read it.
  await account.pgbak('verify', 'b', '--level', 'remote');
  expect(await sampled('1')).toEqual(['b']);
  expect(await account.pgbak('verify', 'a', '--sample', '1')).toMatchObject({ status: 2 });
});
