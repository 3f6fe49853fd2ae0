import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account, type Finished } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';

const ENCRYPTED = { 'archive-password': 'a secret', compression: 'none' };

let cluster: Cluster;
let server: B2Server;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  // An archive of several parts, for which nothing is compressed: that would take most of the time of these tests.
  await cluster.sql(
    'shop',
    'create table noise as select md5(random()::text || n) as text from generate_series(1, 600000) as n',
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await startB2Server({ recommendedPartSize: 5_000_000 });
  server.createBucket('pgbak-bucket');
  const { id, key } = server.masterKey;
  account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  await account.add({ name: 'shop', ...ENCRYPTED, 'connection-string': cluster.url('shop') });
});
afterEach(async () => {
  await eventually('all have ended', () => processesWith(account.folder.path).length === 0);
  expect(readdirSync(account.temporary)).toEqual([]);
  expect(server.unfinished()).toEqual([]);
  account[Symbol.dispose]();
  await server[Symbol.asyncDispose]();
});

const partsSent = () => server.requests.filter(({ endpoint }) => endpoint === 'b2_upload_part').length;

/** A run whose dump goes on for some seconds after its parts have begun to go up. */
async function runWithParts(
  seconds: number,
  ...flags: string[]
): Promise<{ programs: string; finished: Promise<Finished> }> {
  const programs = slowPgDump(account.folder, seconds);
  const { finished } = account.start(['run', '--force', '--json', ...flags], { PGBAK_PG_BIN: programs });
  await eventually('parts that were sent', () => partsSent() >= 2 && server.unfinished().length === 1);
  expect(processesWith(`${programs}/pg_dump`)).not.toEqual([]);
  expect(server.versions('pgbak-bucket').map(({ action }) => action)).toEqual(['start']);
  return { programs, finished };
}

const resultOf = ({ stdout }: Finished) => (JSON.parse(stdout) as { results: unknown }).results;

test('parts go up during the dump, and the file is there when it is whole', async () => {
  const { finished } = await runWithParts(4);
  expect(resultOf(await finished)).toMatchObject([{ status: 'success' }]);
  expect(server.versions('pgbak-bucket').map(({ action }) => action)).toEqual(['upload']);
  expect(await account.json('verify', '--level', 'remote')).toMatchObject([{ isGood: true }]);
});

test('parts go up during the dump of an archive that holds roles and settings as well', async () => {
  await account.pgbak('edit', 'shop', '--include-globals');
  const { finished } = await runWithParts(4);
  expect(resultOf(await finished)).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(server.versions('pgbak-bucket').map(({ action }) => action)).toEqual(['upload']);
});

test('servers that are backed up at once share the parts in flight of each bucket', async () => {
  for (const name of ['second', 'third']) {
    await account.add({ name, ...ENCRYPTED, 'connection-string': cluster.url('shop') });
  }
  await server[Symbol.asyncDispose]();
  server = await startB2Server({ recommendedPartSize: 5_000_000, uploadBytesPerSecond: 5_000_000 });
  for (const bucket of ['pgbak-bucket', 'other-bucket']) server.createBucket(bucket);
  account.env['B2_API_URL'] = server.url;
  account.env['B2_APP_KEY'] = server.masterKey.key;
  const run = ['--force', '--jobs', '3', '--jobs-per-host', '3'];
  const results = await account.results(...run);
  expect(results.map(({ status }) => status)).toEqual(['success', 'success', 'success']);
  expect(server.peakUploads()).toBe(4);
  for (const name of ['shop', 'second']) {
    await account.pgbak('edit', name, '--destination', 'b2:pgbak-bucket', '--destination', 'b2:other-bucket');
  }
  expect(await account.results(...run, 'shop', 'second')).toMatchObject([{ status: 'success' }, { status: 'success' }]);
  expect(server.peakUploads()).toBeGreaterThan(4);
});

test('a dump that dies with parts in flight leaves nothing {kill@dump}', async () => {
  const { programs, finished } = await runWithParts(600);
  for (const { pid } of processesWith(`${programs}/pg_dump`)) process.kill(pid, 'SIGKILL');
  expect(resultOf(await finished)).toMatchObject([
    { status: 'failed', error: expect.stringMatching(/pg_dump was killed by SIGKILL/) },
  ]);
  expect(server.versions('pgbak-bucket')).toEqual([]);
});

test('an archive that the size rules refuse leaves nothing, though its parts were sent {refused@judge}', async () => {
  await account.pgbak('edit', 'shop', '--min-size', '100000000');
  const { finished } = await runWithParts(3);
  expect(resultOf(await finished)).toMatchObject([
    { status: 'failed', error: expect.stringMatching(/less than the minimum of 100000000/) },
  ]);
  expect(server.versions('pgbak-bucket')).toEqual([]);
});

test('a B2 that takes no parts gets the whole archive again {refused@upload}', async () => {
  server.faults.add({
    endpoint: 'b2_upload_part',
    after: 2,
    times: 1,
    action: { kind: 'refuse', status: 400, code: 'bad_request' },
  });
  const { finished } = await runWithParts(3);
  const ended = await finished;
  expect(resultOf(ended)).toMatchObject([{ status: 'success', warnings: [] }]);
  expect(ended.stderr).toMatch(
    /info shop: cannot upload parts of shop\.sql\.7z to B2: .*; the upload starts again from the beginning/,
  );
  expect(server.versions('pgbak-bucket').map(({ action }) => action)).toEqual(['upload']);
});

test.each([
  ['SIGTERM {stop@upload}', 'SIGTERM'],
  ['SIGKILL {kill@upload}', 'SIGKILL'],
] as const)('the next run stores the only version where parts were in flight at %s', async (_name, signal) => {
  const programs = slowPgDump(account.folder, 600);
  const running = account.start(['run', '--force'], { PGBAK_PG_BIN: programs });
  await eventually('parts that were sent', () => partsSent() >= 2 && server.unfinished().length === 1);
  running.child.kill(signal);
  await running.finished;
  await eventually('all have ended', () => processesWith(account.folder.path).length === 0);
  expect(server.unfinished()).toHaveLength(signal === 'SIGKILL' ? 1 : 0);
  expect(await account.results('--force')).toMatchObject([{ status: 'success' }]);
  expect(server.versions('pgbak-bucket').map(({ action }) => action)).toEqual(['upload']);
});
