import { readdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { FaultAction } from '../support/b2-server/faults.ts';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { startHttpRecorder, type HttpRecorder } from '../support/http-recorder.ts';
import { newAccount, type Account, type RunningPgbak } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';

const BUCKET = 'pgbak-bucket';
const HANG: FaultAction = { kind: 'hang' };

let cluster: Cluster;
let server: B2Server;
let receiver: HttpRecorder;
let account: Account;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table goods as select md5(n::text) as text from generate_series(1, 5000) as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await startB2Server();
  server.createBucket(BUCKET);
  receiver = await startHttpRecorder();
  const { id, key } = server.masterKey;
  account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: BUCKET });
  await account.add({
    name: 'shop',
    'connection-string': cluster.url('shop'),
    'archive-password': 'a secret',
    'hc-url-start': `${receiver.url}/start`,
  });
});
afterEach(async () => {
  account[Symbol.dispose]();
  await receiver[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Resolves once that endpoint of B2 was asked, and does not answer. */
const asked = async (endpoint: string) =>
  await eventually(`a request to ${endpoint}`, () =>
    server.requests.some((request) => request.endpoint === endpoint && request.status === 0),
  );

const hangAt = (endpoint: string, after = 0) => server.faults.add({ endpoint, after, times: 99, action: HANG });

/** Starts what is to be killed, and resolves when it is in that phase. */
type Begin = () => Promise<RunningPgbak>;

const run = (env: Record<string, string> = {}) => account.start(['run', '--force'], env);

async function said(running: RunningPgbak, words: RegExp): Promise<RunningPgbak> {
  let text = '';
  running.child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await eventually(`the words ${words.source}`, () => words.test(text));
  return running;
}

const PHASES: [string, Begin][] = [
  [
    'while it connects {kill@connect}',
    async () => {
      hangAt('b2_authorize_account');
      const running = run();
      await asked('b2_authorize_account');
      return running;
    },
  ],
  [
    'while a ping is under way {kill@ping}',
    async () => {
      receiver.answers.push('hang');
      const running = run();
      await eventually('the ping', () => receiver.requests.length > 0);
      return running;
    },
  ],
  [
    'while pg_dump writes {kill@dump, kill@compress}',
    async () => {
      const programs = slowPgDump(account.folder);
      const running = run({ PGBAK_PG_BIN: programs });
      await eventually('pg_dump', () => processesWith(`${programs}/pg_dump`).length > 0);
      return running;
    },
  ],
  ['while the archive is judged {kill@judge}', async () => await said(run(), /checking the archive/)],
  [
    'while the archive goes up {kill@upload}',
    async () => {
      hangAt('b2_upload_file');
      const running = run();
      await asked('b2_upload_file');
      return running;
    },
  ],
  [
    'while a copy of the catalogue goes up {kill@copy}',
    async () => {
      hangAt('b2_upload_file', 1);
      const running = run({ PGBAK_CATALOG_COPY: 'on' });
      await asked('b2_upload_file');
      return running;
    },
  ],
  [
    'while an old backup is removed {kill@prune}',
    async () => {
      await account.pgbak('edit', 'shop', '--keep-last=1');
      await account.pgbak('run', '--force');
      await account.pgbak('run', '--force');
      hangAt('b2_delete_file_version');
      const running = account.start(['prune']);
      await asked('b2_delete_file_version');
      return running;
    },
  ],
  [
    'while an archive comes down for a restore {kill@fetch}',
    async () => {
      await account.pgbak('run', '--force');
      hangAt('b2_download');
      const running = account.start(['restore', 'shop', '--output', account.folder.at('shop.sql')]);
      await asked('b2_download');
      return running;
    },
  ],
  [
    'while a backup is restored to be verified {kill@scratch}',
    async () => {
      await account.pgbak('edit', 'shop', '--verify-after=restore');
      return await said(run(), /verifying: at level restore/);
    },
  ],
];

test.each(PHASES)('killed %s, nothing is left but what the next run clears away', async (_phase, begin) => {
  const { child, finished } = await begin();
  child.kill('SIGKILL');
  server.faults.clear();
  receiver.answers.length = 0;
  // A backup that was recorded before the kill is restored by the test; what that makes must be gone, too.
  await finished;
  await eventually('its children to end', () => processesWith(account.folder.path).length === 0);

  const { status, stderr } = await account.pgbak('run', '--force');
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(readdirSync(account.temporary)).toEqual([]);
  expect(server.unfinished()).toEqual([]);
  // What storage holds is a backup: also that of an attempt which was stored and never verified.
  const held = server.versions(BUCKET).filter(({ fileName }) => fileName.startsWith('shop.'));
  const listed = (await account.json('backups', 'shop')) as { objectId: string; state: string }[];
  expect(listed.map(({ state }) => state).filter((state) => state !== 'present')).toEqual([]);
  expect(listed.map(({ objectId }) => objectId).toSorted()).toEqual(held.map(({ fileId }) => fileId).toSorted());
});
