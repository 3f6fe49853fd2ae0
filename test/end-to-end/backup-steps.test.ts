import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startB2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { notesFsCalls, readFsCalls } from '../support/fs-calls.ts';
import { pgDumpAfter } from '../support/pg-dump-wrapper.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { newScene, type Scene } from './scene.ts';

// In what order a backup takes its steps, and what each of them goes by.

let cluster: Cluster;
let scene: Scene;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', "create table orders as select n, 'order ' || n as text from generate_series(1, 500) n");
});
afterAll(async () => await cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  scene = await newScene();
});
afterEach(async () => await scene[Symbol.asyncDispose]());

const add = (flags: Record<string, string | number | true> = {}) =>
  scene.add({ 'connection-string': cluster.url('shop'), 'min-size': 1, ...flags });
const pings = () => scene.receiver.requests.map(({ url }) => url);

test('a storage that takes nothing is found out before pg_dump starts {denied@connect}', async () => {
  const { folder } = scene.account;
  const started = folder.at('pg_dump started');
  await add({ destination: `file:${folder.at('taken')}/backups` });
  rmSync(folder.at('taken'), { recursive: true });
  writeFileSync(folder.at('taken'), 'a file where a directory is to be');
  const programs = pgDumpAfter(folder, `: > '${started}'`);
  expect(await scene.failure({ PGBAK_PG_BIN: programs })).toMatch(/taken/);
  expect(existsSync(started)).toBe(false);
});

test('no success is told that is not recorded {denied@record}', async () => {
  const { folder, catalogPath } = scene.account;
  const goOn = folder.at('go on');
  await add();
  const programs = pgDumpAfter(folder, `until [ -e '${goOn}' ]; do sleep 0.05; done`);
  const run = scene.account.start(['run', '--force'], { PGBAK_PG_BIN: programs });
  await eventually('the start ping', () => pings().length === 1);
  const catalog = new Database(catalogPath);
  catalog.exec(
    "create trigger refuse before update on backup_log when new.success = '1' begin select raise(abort, 'no'); end",
  );
  writeFileSync(goOn, '');
  const { status, stderr } = await run.finished;
  catalog.exec('drop trigger refuse');
  catalog.close();
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(/could not record it/) });
  expect(pings()).toEqual(['/start', '/fail']);
});

test('what is dumped is what is counted, though rows come in between', async () => {
  const { folder } = scene.account;
  await cluster.createDatabase('busy');
  await cluster.sql('busy', "create table orders as select 'came early' as text from generate_series(1, 500)");
  await add({ 'connection-string': cluster.url('busy'), 'count-rows': true });
  const insert = `psql -X -q -d '${cluster.url('busy')}' -c "insert into orders values ('came late')"`;
  expect(await scene.account.start(['run'], { PGBAK_PG_BIN: pgDumpAfter(folder, insert) }).finished).toMatchObject({
    status: 0,
  });
  expect(await cluster.sql('busy', "select count(*) from orders where text = 'came late'")).toBe('1');
  const file = folder.at('busy.sql');
  expect(await scene.account.pgbak('restore', 'shop', '--output', file)).toMatchObject({ status: 0 });
  const dump = readFileSync(file, 'utf8');
  expect(dump).toContain('came early');
  expect(dump).not.toContain('came late');
});

test('an archive is on the disk before it has its name, and its name before it counts', async () => {
  const { folder } = scene.account;
  const trace = folder.at('trace.json');
  await add();
  expect(await scene.account.start(['run'], notesFsCalls(trace)).finished).toMatchObject({ status: 0 });
  const directory = folder.at('backups');
  const isArchive = /^shop\.\w+\.sql\.7z$/;
  const steps = readFsCalls(trace).flatMap(({ call, path }) => {
    if (call === 'fsync') return ['fsync'];
    if (call === 'open') return path === directory ? ['open the directory'] : [];
    const name = path.slice(directory.length + 1);
    return path.startsWith(directory) ? [isArchive.test(name) ? 'name the archive' : 'name its sum'] : [];
  });
  const flushed = ['open the directory', 'fsync'];
  expect(steps).toEqual(['fsync', 'name the archive', 'fsync', 'name its sum', ...flushed]);
});

test('the next backup is due by the beginning of the run, however long the backups took', async () => {
  await add({ 'frequency-hrs': 24 });
  await add({ 'frequency-hrs': 24, name: 'second' });
  const [first, second] = await scene.account.results();
  expect([first, second]).toMatchObject([{ status: 'success' }, { status: 'success' }]);
  const listed = (await scene.account.json('list')) as { nextDue: string }[];
  const logs = (await scene.account.json('logs')) as { startedAt: string }[];
  const firstBegan = Math.min(...logs.map(({ startedAt }) => Date.parse(startedAt)));
  const [due, dueToo] = listed.map(({ nextDue }) => Date.parse(nextDue));
  expect(due).toBeLessThanOrEqual(firstBegan + 24 * 3_600_000);
  expect(dueToo).toBe(due);
});

test('a prune that is interrupted behind a backup leaves it a success {stop@prune, hang@prune}', async () => {
  await using server = await startB2Server();
  server.createBucket('pgbak-bucket');
  const { id: B2_KEY_ID, key: B2_APP_KEY } = server.masterKey;
  Object.assign(scene.account.env, { B2_API_URL: server.url, B2_KEY_ID, B2_APP_KEY, B2_BUCKET: 'pgbak-bucket' });
  await add({ destination: 'b2', 'keep-last': 1, 'auto-prune': true });
  expect(await scene.account.pgbak('run')).toMatchObject({ status: 0 });

  server.faults.add({ endpoint: 'b2_delete_file_version', action: { kind: 'hang' }, times: 99 });
  const run = scene.account.start(['run', '--force']);
  await eventually('a removal', () => server.requests.some(({ endpoint }) => endpoint === 'b2_delete_file_version'));
  run.child.kill('SIGTERM');
  const { stderr } = await run.finished;
  expect(stderr).toMatch(/cannot remove old backups: interrupted by SIGTERM/);
  expect(await scene.account.json('logs')).toMatchObject([{ success: true }, { success: true }]);
  expect(pings()).toEqual(['/start', '/success', '/start', '/success']);
});
