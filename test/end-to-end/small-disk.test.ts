import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startB2Server, type B2Server } from '../support/b2-server/start.ts';
import { eventually } from '../support/eventually.ts';
import { newAccount, type Account, type Finished } from '../support/pgbak.ts';
import { processesWith } from '../support/processes.ts';
import { startCluster, type Cluster } from '../support/postgres/start-cluster.ts';
import { CAN_MOUNT, mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { openTerminal } from '../support/terminal.ts';

// A temporary file system that is much smaller than the archive.
const DISK_BYTES = 150_000_000;

let cluster: Cluster;
let server: B2Server;
let account: Account;
let disk: SmallDisk;
beforeAll(async () => {
  cluster = await startCluster();
  await cluster.createDatabase('big');
  // About 240 MB of SQL, stored as they are.
  await cluster.sql(
    'big',
    'create table noise as select n, repeat(md5(n::text), 30) as text from generate_series(1, 245000) as n',
  );
});
afterAll(async () => await cluster[Symbol.asyncDispose]());

async function start(uploadBytesPerSecond?: number, fileSystem?: string): Promise<void> {
  server = await startB2Server(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond });
  server.createBucket('pgbak-bucket');
  const { id, key } = server.masterKey;
  account = newAccount({ B2_API_URL: server.url, B2_KEY_ID: id, B2_APP_KEY: key, B2_BUCKET: 'pgbak-bucket' });
  disk = mountSmallDisk(account.folder.at('small disk'), DISK_BYTES, fileSystem);
  await account.add({
    name: 'big',
    'connection-string': cluster.url('big'),
    'archive-password': 'a secret',
    compression: 'none',
  });
}

afterEach(async () => {
  try {
    await eventually('all have ended', () => processesWith(account.folder.path).length === 0);
    expect(readdirSync(disk.path)).toEqual([]);
    expect(server.unfinished()).toEqual([]);
  } finally {
    disk[Symbol.dispose]();
    account[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  }
});

const onDisk = () => ({ PGBAK_TMPDIR: disk.path, PGBAK_TMP_LIMIT: '64M' });
const run = () => account.start(['run', '--force', '--json'], onDisk());
const resultOf = ({ stdout }: Finished) => (JSON.parse(stdout) as { results: unknown }).results;

/** What doctor says of the temporary directory. */
async function room(): Promise<string | undefined> {
  const { stdout } = await account.start(['doctor', '--json'], onDisk()).finished;
  const findings = JSON.parse(stdout) as { message: string }[];
  return findings.find(({ message }) => message.startsWith('temporary directory'))?.message;
}

/** The 7-Zip that writes the archive, once it is made to stand still. */
async function heldSevenZip(): Promise<number> {
  return await eventually('a 7-Zip that stands still', () => {
    const sevenZip = processesWith(disk.path).find(({ line }) => / a .*archive\.7z/.test(line));
    if (sevenZip === undefined) return undefined;
    return /^State:\s+T/m.test(readFileSync(`/proc/${sevenZip.pid}/status`, 'utf8')) ? sevenZip.pid : undefined;
  });
}

(CAN_MOUNT ? describe : describe.skip)('on a temporary disk that is much smaller than the archive', () => {
  test('a backup succeeds, and what it takes there stays small', async () => {
    await start();
    let mostBytes = 0;
    const sampling = setInterval(() => (mostBytes = Math.max(mostBytes, disk.usedBytes())), 10);
    const finished = await run().finished;
    clearInterval(sampling);
    expect(finished.stderr).not.toMatch(/has to hold/);
    expect(resultOf(finished)).toMatchObject([{ status: 'success', warnings: [] }]);
    expect(mostBytes).toBeLessThan(DISK_BYTES - 1_000_000);
    const [log] = (await account.json('logs', 'big', '--id', '1')) as {
      size: number;
      checksum: string | null;
      partChecksums: { size: number; checksum: string }[];
    }[];
    expect(log?.checksum).toBeNull();
    expect(log?.partChecksums.reduce((sum, { size }) => sum + size, 0)).toBe(log?.size);
    expect(log?.size).toBeGreaterThan(230_000_000);
    const shown = await account.pgbak('logs', '--id', '1');
    expect(shown.stdout).toMatch(/checksums {4}sums of each of its \d+ parts/);
    expect(await room()).toMatch(
      /1[45]\d\.\d MB free, largest archive to B2 2[34]\d\.\d MB, of which about [67]\d\.\d MB lie there at once$/,
    );
  });

  test('a byte that changes in B2 is noticed by the part it is in {damaged@prove}', async () => {
    await start();
    await run().finished;
    // Twice the same, since the line may damage a byte once.
    server.faults.add({ endpoint: 'b2_download', times: 2, action: { kind: 'corrupt' } });
    expect(await account.json('verify', 'big', '--level', 'archive')).toMatchObject([
      {
        verdict: 'bad',
        message: expect.stringMatching(/is not the archive that was stored: it has other bytes from \d+ to \d+/),
      },
    ]);
  });

  test('the dump waits for a slow line, and both are ended by a signal {stop@upload}', async () => {
    await start(4_000_000);
    const running = run();
    await heldSevenZip();
    expect(disk.usedBytes()).toBeLessThan(DISK_BYTES);
    running.child.kill('SIGTERM');
    const began = performance.now();
    expect(await running.finished).toMatchObject({ status: 143 });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(server.versions('pgbak-bucket')).toEqual([]);
  });

  test('who watches sees that the dump waits', async () => {
    await start(4_000_000);
    using terminal = openTerminal({ ...account.env, ...onDisk() });
    terminal.enter('pgbak run --force; echo status $?');
    await terminal.shows(
      /big (?:waiting for the upload, \d+\.\d MB archived|\d+ % of about \d+ MB, waiting for the upload)/,
    );
    terminal.press('C-c');
    await terminal.shows('status 130');
  });

  test('nothing stays behind a pgbak that is killed while the dump waits {kill@upload}', async () => {
    await start(4_000_000);
    const running = run();
    await heldSevenZip();
    running.child.kill('SIGKILL');
    await running.finished;
    await eventually('all have ended', () => processesWith(account.folder.path).length === 0);
    // The next run clears away the rest; a size that is refused makes it a short one.
    await account.pgbak('edit', 'big', '--exclude-table', 'noise');
    const next = await run().finished;
    expect(next.stderr).toMatch(/left by an earlier run: removed temporary files \([\d.]+ \w?B\)/);
    expect(next.stderr).toMatch(/left by an earlier run: cancelled the unfinished upload of big\.sql\.7z/);
  });

  test('a dump that dies while it waits is a failure, and nothing is in the bucket {kill@dump}', async () => {
    await start(4_000_000);
    const running = run();
    await heldSevenZip();
    for (const { pid } of processesWith(cluster.url('big').split('@')[1] ?? '')) {
      if (pid !== running.pid) process.kill(pid, 'SIGKILL');
    }
    expect(resultOf(await running.finished)).toMatchObject([
      { status: 'failed', error: expect.stringMatching(/pg_dump was killed by SIGKILL/) },
    ]);
    expect(server.versions('pgbak-bucket')).toEqual([]);
  });

  test('a B2 that takes no more ends the dump at once {full@upload}', async () => {
    await start(8_000_000);
    const running = run();
    await heldSevenZip();
    server.faults.add({
      endpoint: 'b2_upload_part',
      times: 100,
      action: { kind: 'refuse', status: 403, code: 'storage_cap_exceeded' },
    });
    expect(resultOf(await running.finished)).toMatchObject([
      { status: 'failed', error: expect.stringMatching(/the account's storage cap is reached/) },
    ]);
    expect(server.versions('pgbak-bucket')).toEqual([]);
  });

  test('an archive that the size rules refuse leaves nothing, though most of it was sent {refused@judge}', async () => {
    await start();
    await account.pgbak('edit', 'big', '--min-size', '900000000');
    expect(resultOf(await run().finished)).toMatchObject([
      { status: 'failed', error: expect.stringMatching(/less than the minimum of 900000000/) },
    ]);
    expect(server.versions('pgbak-bucket')).toEqual([]);
  });

  test('where its space cannot be given back, that is noted once, and all goes on without', async () => {
    await start(undefined, 'ramfs');
    await account.add({
      name: 'again',
      'connection-string': cluster.url('big'),
      'archive-password': 'a secret',
      compression: 'none',
    });
    const finished = await run().finished;
    expect(resultOf(finished)).toMatchObject([
      { status: 'success', warnings: [] },
      { status: 'success', warnings: [] },
    ]);
    expect(finished.stderr.match(/needs room for each whole archive: /g)).toHaveLength(1);
    expect(await account.json('logs', '--limit', '1')).toMatchObject([
      { checksum: expect.stringMatching(/^sha1:[\da-f]{40}$/) },
    ]);
    expect(await room()).toMatch(/largest archive that has to fit in 2[34]\d\.\d MB \(/);
  });
});
