import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startB2ServerProcess } from '../support/b2-server/own-process.ts';
import { newAccount } from '../support/pgbak.ts';
import { peakMemoryBytes } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const MEBIBYTE = 1024 * 1024;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('big');
  // Hexadecimal noise: 300 MB of SQL that shrink to a bit more than half, so that the archive takes several parts.
  await cluster.sql(
    'big',
    `create table noise (n int, text text);
     insert into noise select n, (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 30) as i)
     from generate_series(1, 315000) as n`,
  );
}, 300_000);
afterAll(async () => await cluster[Symbol.asyncDispose]());

test('300 MB of SQL go to B2 in little memory', async () => {
  using server = await startB2ServerProcess();
  using account = newAccount({ ...server.variables, ARCHIVE_PASSWORD: 'secret' });
  await account.pgbak('add', '--name', 'big', '--connection-string', cluster.url('big'));

  const running = account.start(['run', '--json']);
  let peakBytes = 0;
  const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, peakMemoryBytes(running.pid))), 50);
  const { stdout } = await running.finished;
  clearInterval(sampling);

  const { results } = JSON.parse(stdout) as { results: { status: string; size: number; rawSize: number }[] };
  expect(results).toMatchObject([{ status: 'success' }]);
  expect(results[0]?.rawSize).toBeGreaterThan(300_000_000);
  // More than one part of the recommended 100 MB.
  expect(results[0]?.size).toBeGreaterThan(120_000_000);
  process.stderr.write(`pgbak's own memory: at most ${Math.round(peakBytes / MEBIBYTE)} MiB\n`);
  expect(peakBytes).toBeGreaterThan(20 * MEBIBYTE);
  expect(peakBytes).toBeLessThan(200_000_000);
}, 600_000);
