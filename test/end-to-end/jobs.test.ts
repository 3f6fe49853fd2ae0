import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newAccount, PGBAK } from '../support/pgbak.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { CAN_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { slowPgDump } from '../support/slow-programs.ts';
import { openTerminal } from '../support/terminal.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('shop');
  await cluster.sql('shop', 'create table t as select n, md5(n::text) from generate_series(1, 5000) as n');
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

interface Entry {
  startedAt: string;
  finishedAt: string;
  success: boolean;
}

/** How many were under way at the same time, at most. */
function mostAtOnce(entries: readonly Entry[]): number {
  const running = (at: string) => entries.filter(({ startedAt, finishedAt }) => startedAt <= at && at < finishedAt);
  return Math.max(...entries.map(({ startedAt }) => running(startedAt).length));
}

test('run works on as many at once as --jobs and --jobs-per-host allow, one without them', async () => {
  using account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder, 1.5);
  // Two on one host, and one that goes by another of its names.
  for (const [name, host] of [
    ['a', '127.0.0.1'],
    ['b', '127.0.0.1'],
    ['c', 'localhost'],
  ] as const) {
    const url = cluster.url('shop').replace('127.0.0.1', host);
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({ name, 'connection-string': url, destination, 'min-size': 1, 'no-check': true });
  }
  for (const [flags, expected] of [
    [['--jobs', '3'], 2],
    [['--jobs', '3', '--jobs-per-host', '2'], 3],
    [['--jobs', '2', '--jobs-per-host', '2'], 2],
    [[], 1],
  ] as const) {
    const results = await account.results('--force', ...flags);
    expect(results.map(({ name, status }) => [name, status])).toEqual(['a', 'b', 'c'].map((name) => [name, 'success']));
    const entries = (await account.json('logs', '--limit', '3')) as Entry[];
    expect({ flags, most: mostAtOnce(entries) }).toEqual({ flags, most: expected });
  }
}, 300_000);

test('each has a line of its own while it is worked on', async () => {
  using account = newAccount();
  account.env['PGBAK_PG_BIN'] = slowPgDump(account.folder, 4);
  for (const name of ['first', 'second']) {
    const destination = `file:${account.folder.at('backups')}`;
    await account.add({ name, 'connection-string': cluster.url('shop'), destination, 'min-size': 1 });
  }
  using terminal = openTerminal(account.env);
  terminal.enter(`clear; node '${PGBAK}' run --force --jobs 2 --jobs-per-host 2`);
  const both = await terminal.shows(/first \(1 of 2\) [^\n]*\n {2}second \(2 of 2\) /);
  expect(both.split('\n').every((line) => line.length <= 80)).toBe(true);
  const done = await terminal.shows(/second +success/);
  expect(done.match(/✔ (first|second): [\d.]+ kB stored/g)).toHaveLength(2);
  expect(done).not.toMatch(/dumping/);
});

test('a directory is dumped and restored by several connections, also in part, with all rows, where there is room {full@load}', async () => {
  using account = newAccount();
  await cluster.sql('shop', 'create table other as select n from generate_series(1, 777) as n');
  const flags = {
    name: 'shop',
    format: 'directory',
    'dump-jobs': 2,
    'count-rows': true,
    'include-globals': true,
  } as const;
  const url = cluster.url('shop');
  await account.add({ ...flags, 'connection-string': url, destination: `file:${account.folder.at('backups')}` });
  const [made] = await account.results('--force');
  expect(made).toMatchObject({ status: 'success', warnings: [] });
  expect(await account.json('list')).toMatchObject([{ format: 'directory', compression: 'gzip:1' }]);
  for (const command of [
    ['run', 'shop'],
    ['edit', 'shop', '--no-check'],
  ]) {
    expect(await account.pgbak(...command, '--compression', 'zstd:3')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('pg_dump compresses it itself (gzip:1)'),
    });
  }
  const verified = await account.pgbak(
    'verify',
    'shop',
    '--level',
    'restore',
    '--scratch-url',
    cluster.url('postgres'),
  );
  expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('as many as were counted') });
  const whole = await account.pgbak('restore', 'shop', '--jobs', '2', '--create', '--to', cluster.url('whole'));
  expect(whole).toMatchObject({ status: 0 });
  expect(await cluster.sql('whole', 'select (select count(*) from t), (select count(*) from other)')).toBe('5000|777');
  await cluster.createDatabase('part');
  const part = await account.json('restore', 'shop', '--table', 'other', '--to', cluster.url('part'));
  expect(part).toMatchObject({ tables: 1, rows: 777 });
  const piped = await account.pgbak('restore', 'shop', '--stdout');
  expect(piped).toMatchObject({ status: 2, stderr: expect.stringContaining('--output DIRECTORY') });
  if (!CAN_MOUNT) return;
  // Room for the archive alone.
  using disk = mountSmallDisk(account.folder.at('small'), (made?.size ?? 0) + (made?.rawSize ?? 0) / 2);
  account.env['PGBAK_TMPDIR'] = disk.path;
  await cluster.createDatabase('roomless');
  expect(await account.pgbak('restore', 'shop', '--to', cluster.url('roomless'))).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/the dump does not fit into the temporary directory .*small,[\s\S]*PGBAK_TMPDIR/),
  });
  // The backup may be good.
  const scratch = ['--scratch-url', cluster.url('postgres')];
  expect(await account.json('verify', 'shop', '--level', 'restore', ...scratch)).toMatchObject([
    { verdict: 'unknown' },
  ]);
  expect(await cluster.sql('roomless', "select count(*) from pg_class where relname = 'other'")).toBe('0');
});
