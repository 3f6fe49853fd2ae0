import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';

const MEBIBYTE = 1024 * 1024;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('big');
  // Hexadecimal noise: 500 MB of SQL that shrink to a bit more than half, so that the archive takes several parts.
  await cluster.sql(
    'big',
    `create table noise (n int, text text);
     insert into noise select n, (select string_agg(md5(random()::text || n || i), '') from generate_series(1, 30) as i)
     from generate_series(1, 525000) as n`,
  );
}, 300_000);
afterAll(async () => await cluster[Symbol.asyncDispose]());

/** The most memory that a process has had, its children not counted. One that has just ended has none. */
function peakMemoryBytes(pid: number): number {
  const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0;
  return Number(kibibytes) * 1024;
}

test('500 MB of SQL go to B2 in little memory', async () => {
  const args = ['--import', './test/support/run-typescript.mjs', './test/support/b2-server/serve.ts', '{}'];
  const server = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { url = '', id = '', key = '', bucket = '' }: Record<string, string> = JSON.parse(line.toString());
    using account = newAccount({
      B2_API_URL: url,
      B2_KEY_ID: id,
      B2_APP_KEY: key,
      B2_BUCKET: bucket,
      ARCHIVE_PASSWORD: 'secret',
    });
    await account.pgbak('add', '--name', 'big', '--connection-string', cluster.url('big'));

    const running = account.start(['run', '--json']);
    let peakBytes = 0;
    const sampling = setInterval(() => {
      try {
        peakBytes = Math.max(peakBytes, peakMemoryBytes(running.pid));
      } catch {
        // It has ended.
      }
    }, 50);
    const { stdout } = await running.finished;
    clearInterval(sampling);

    const { results } = JSON.parse(stdout) as { results: { status: string; size: number; rawSize: number }[] };
    expect(results).toMatchObject([{ status: 'success' }]);
    expect(results[0]?.rawSize).toBeGreaterThan(500_000_000);
    // More than one part of the recommended 100 MB.
    expect(results[0]?.size).toBeGreaterThan(200_000_000);
    process.stderr.write(`pgbak's own memory: at most ${Math.round(peakBytes / MEBIBYTE)} MiB\n`);
    expect(peakBytes).toBeGreaterThan(20 * MEBIBYTE);
    expect(peakBytes).toBeLessThan(200_000_000);
  } finally {
    server.stdin.end();
    await once(server, 'exit');
  }
}, 600_000);
