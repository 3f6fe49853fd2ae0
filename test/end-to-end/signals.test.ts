import { readdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import type { RunningPgbak } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { newScene, type Scene } from './scene.ts';

let cluster: Cluster;
let server: B2Server;
let scene: Scene;
let slowPrograms: string;

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  // Enough noise for an archive of several parts.
  await cluster.sql(
    'shop',
    'create table noise as select md5(random()::text || n) as text from generate_series(1, 300000) as n',
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  server = await startB2Server({ recommendedPartSize: 5_000_000, uploadBytesPerSecond: 200_000 });
  server.createBucket('pgbak-bucket');
  scene = await newScene();
  slowPrograms = slowPgDump(scene.account.folder);
  const { id, key } = server.masterKey;
  Object.assign(scene.account.env, {
    B2_API_URL: server.url,
    B2_KEY_ID: id,
    B2_APP_KEY: key,
    B2_BUCKET: 'pgbak-bucket',
  });
  await scene.add({ 'connection-string': cluster.url('shop'), destination: 'b2' });
});
afterEach(async () => {
  await scene[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** A run that has come to the dump, and stays there. */
async function runInDump(): Promise<RunningPgbak> {
  const running = scene.account.start(['run'], { PGBAK_PG_BIN: slowPrograms });
  await eventually(
    'pg_dump feeds 7-Zip',
    () => readdirSync(scene.account.temporary).length > 0 && processesWith(`${slowPrograms}/pg_dump`).length > 0,
  );
  await eventually('the start ping', () => scene.receiver.requests.length === 1);
  return running;
}

/** A run whose parts are under way, for the next minute. */
async function runInUpload(): Promise<RunningPgbak> {
  const running = scene.account.start(['run']);
  await eventually('an upload in parts', () => server.unfinished().length === 1 && server.peakUploads() > 1);
  return running;
}

const databaseConnections = () =>
  cluster.sql('postgres', "select count(*) from pg_stat_activity where application_name like 'pg_dump%'");

test.each([
  ['SIGINT in the dump {stop@dump}', runInDump, 'SIGINT', 130],
  ['SIGTERM in the dump {stop@dump}', runInDump, 'SIGTERM', 143],
  ['SIGINT in the upload {stop@upload}', runInUpload, 'SIGINT', 130],
  ['SIGTERM in the upload {stop@upload}', runInUpload, 'SIGTERM', 143],
] as const)('everything is ended in order, logged and pinged by %s', async (_name, startRun, signal, status) => {
  const running = await startRun();
  running.child.kill(signal);
  const { status: exitStatus, stderr } = await running.finished;

  expect(exitStatus).toBe(status);
  expect(stderr).toContain(`interrupted by ${signal}`);
  expect(processesWith(scene.account.folder.path)).toEqual([]);
  expect(readdirSync(scene.account.temporary)).toEqual([]);
  expect(server.unfinished()).toEqual([]);
  expect(server.versions('pgbak-bucket')).toEqual([]);
  await eventually('the database is left', async () => (await databaseConnections()) === '0');
  expect(await scene.account.json('logs')).toMatchObject([{ success: false, error: `interrupted by ${signal}` }]);
  expect(scene.receiver.requests.map(({ url }) => url)).toEqual(['/start', '/fail']);
  expect(scene.receiver.requests[1]?.body).toContain(`interrupted by ${signal}`);
});

test.each([
  ['in the dump {kill@dump}', runInDump],
  ['in the upload {kill@upload}', runInUpload],
] as const)('SIGKILL leaves only what the next run clears away, and tells, %s', async (_name, startRun) => {
  const running = await startRun();
  running.child.kill('SIGKILL');
  await running.finished;

  // The children die with their parent, which cannot end them itself.
  await eventually('no process is left', () => processesWith(scene.account.folder.path).length === 0);
  await eventually('the database is left', async () => (await databaseConnections()) === '0');
  const wasUploading = server.unfinished().length === 1;

  await using quick = await startB2Server();
  expect(quick.unfinished()).toEqual([]);
  const next = await scene.account.pgbak('run', '--dry-run');
  expect(next.status).toBe(0);
  // Nothing is due to be stored: the directory takes the next one, so that the test need not wait for the slow upload.
  const again = scene.account.start(['run', '--server', 'shop'], { PGBAK_PG_BIN: slowPrograms });
  await eventually('leftovers are gone', async () => {
    const logs = (await scene.account.json('logs')) as { error: string | null }[];
    return logs.some(({ error }) => error?.startsWith('interrupted: '));
  });
  expect(server.unfinished()).toEqual([]);
  again.child.kill('SIGTERM');
  const { stderr } = await again.finished;
  expect(stderr).toMatch(/left by an earlier run: removed .*tmp/);
  expect(stderr).toMatch(/the backup of shop that began at .* was interrupted/);
  expect(/cancelled the unfinished upload of shop\.sql\.7z/.test(stderr)).toBe(wasUploading);
  expect(readdirSync(scene.account.temporary)).toEqual([]);
});

/** Far less than it takes to give up what hangs. */
const AT_ONCE_MS = 5000;

test('a second signal ends at once what the first one could not {stop@upload, hang@upload}', async () => {
  const running = await runInUpload();
  server.faults.add({ endpoint: 'b2_cancel_large_file', times: 99, action: { kind: 'hang' } });
  running.child.kill('SIGTERM');
  await eventually('the upload is cancelled, which hangs', () =>
    server.requests.some(({ endpoint }) => endpoint === 'b2_cancel_large_file'),
  );
  expect(running.child.exitCode).toBeNull();
  const began = performance.now();
  running.child.kill('SIGTERM');
  expect((await running.finished).status).toBe(143);
  expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
  // Nothing was told any more: that is what ends in order do.
  expect(scene.receiver.requests.map(({ url }) => url)).toEqual(['/start']);
  await scene.account.pgbak('list');
  for (const entry of readdirSync(scene.account.temporary)) {
    // It is the next run that clears this away.
    rmSync(`${scene.account.temporary}/${entry}`, { recursive: true });
  }
});

test('two runs at once: the second says who holds the lock, and may wait {locked@connect}', async () => {
  const first = await runInDump();
  const second = await scene.account.pgbak('run', '--force');
  expect(second.status).toBe(75);
  expect(second.stderr).toMatch(new RegExp(`another pgbak is at work .*process ${first.pid}`));
  // Configuration commands work meanwhile.
  expect(await scene.account.pgbak('list')).toMatchObject({ status: 0 });
  expect(
    await scene.account.add({ name: 'more', 'connection-string': cluster.url('postgres'), destination: 'b2' }),
  ).toMatchObject({ status: 0 });

  const waiting = scene.account.start(['run', '--server', 'more', '--wait', '60', '--dry-run']);
  expect(await waiting.finished).toMatchObject({ status: 0 });
  first.child.kill('SIGINT');
  await first.finished;
});
