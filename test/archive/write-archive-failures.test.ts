import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { writeArchive } from '../../src/archive/write-archive.ts';
import { Secret } from '../../src/core/secret.ts';
import { InterruptedError, TimeLimitError } from '../../src/core/errors.ts';
import { eventually } from '../support/eventually.ts';
import { commandLines, processesWith } from '../support/processes.ts';
import { CAN_MOUNT, mountSmallDisk } from '../support/small-disk.ts';
import { sevenZipThat } from '../support/seven-zip-wrapper.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { archiveRequest } from './archive-request.ts';

const password = new Secret('correct horse');

describe('no archive is left, and no process, when', () => {
  test('the source dies half way, although 7-Zip succeeds {lost@dump}', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, 'seq 1 100000; exit 3', { password });
    await expect(writeArchive(request)).rejects.toThrow('the source failed: 3');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    ['7-Zip warns {refused@compress}', '"$real" "$@"; exit 1', /^7-Zip failed with exit code 1/],
    [
      'something else gets into it {replaced@judge}',
      '"$real" "$@" || exit; cd "${archive%/*}"; : > other; "$real" a "$archive" other >&2; rm other; exit 0',
      /the new archive holds other, shop\.sql instead of shop\.sql/,
    ],
  ])('%s', async (_case, shell, message) => {
    using folder = temporaryFolder();
    const file = await sevenZipThat(folder, 'a', shell);
    const request = await archiveRequest(folder, 'seq 1 1000', { sevenZip: { file, version: 'wrapped' } });
    await expect(writeArchive(request)).rejects.toThrow(message);
    expect(existsSync(request.archivePath)).toBe(false);
  });

  test('the source is killed {kill@dump}', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, 'seq 1 100000; kill -9 $$');
    await expect(writeArchive(request)).rejects.toThrow('the source failed: SIGKILL');
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('the source does not exist {gone@dump}', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, '');
    const source = { ...request.source, file: '/nowhere/pg_dump' };
    await expect(writeArchive({ ...request, source })).rejects.toThrow(/could not be started from \/nowhere\/pg_dump/);
    expect(processesWith(folder.path)).toEqual([]);
  });

  test('7-Zip is killed while the source still waits for its database {kill@compress}', async () => {
    using folder = temporaryFolder();
    const request = await archiveRequest(folder, `seq 1 10; exec sleep 1234 # ${folder.path}`, { password });
    const writing = writeArchive(request);
    writing.catch(() => {});
    const source = await eventually('the source runs', () =>
      commandLines().find(({ line }) => line.startsWith('sleep 1234')),
    );
    const [sevenZip] = processesWith(request.archivePath);
    if (sevenZip === undefined) throw new Error('7-Zip does not run');
    process.kill(sevenZip.pid, 'SIGKILL');
    await expect(writing).rejects.toThrow('7-Zip was killed by SIGKILL');
    expect(commandLines().some(({ pid }) => pid === source.pid)).toBe(false);
    expect(existsSync(request.archivePath)).toBe(false);
  });

  test('the whole takes too long {hang@compress}', async () => {
    using folder = temporaryFolder();
    const limits = { totalMs: 600, idleMs: 60_000 };
    const request = await archiveRequest(folder, 'while :; do head -c 50000 /dev/urandom; sleep 0.05; done', {
      limits,
    });
    const writing = writeArchive(request);
    await expect(writing).rejects.toThrow(TimeLimitError);
    await expect(writing).rejects.toThrow('BACKUP_TIMEOUT_SEC');
    expect(processesWith(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('nothing comes any more {hang@dump}', async () => {
    using folder = temporaryFolder();
    const limits = { totalMs: 60_000, idleMs: 700 };
    const request = await archiveRequest(folder, 'seq 1 10; exec sleep 4321', { limits, password });
    await expect(writeArchive(request)).rejects.toThrow('--idle-timeout-sec');
    expect(commandLines().some(({ line }) => line.startsWith('sleep 4321'))).toBe(false);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('it is interrupted, even where the signal reaches the children first {stop@compress}', async () => {
    using folder = temporaryFolder();
    const controller = new AbortController();
    const request = await archiveRequest(folder, 'seq 1 10; exec sleep 2345', { signal: controller.signal, password });
    const writing = writeArchive(request);
    writing.catch(() => {});
    const source = await eventually('the source runs', () =>
      commandLines().find(({ line }) => line.startsWith('sleep 2345')),
    );
    process.kill(source.pid, 'SIGINT');
    setTimeout(() => controller.abort(new InterruptedError('SIGINT')), 100);
    await expect(writing).rejects.toThrow('interrupted by SIGINT');
    expect(processesWith(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test('a dump that trickles in slowly is not idle', async () => {
  using folder = temporaryFolder();
  const limits = { totalMs: 60_000, idleMs: 1500 };
  const script = 'for i in 1 2 3 4 5 6 7 8; do head -c 3000000 /dev/urandom; sleep 0.5; done';
  const request = await archiveRequest(folder, script, { limits });
  expect((await writeArchive(request)).rawSizeBytes).toBe(24_000_000);
});

test('the password is in no command line and no environment at any time', async () => {
  using folder = temporaryFolder();
  const seen: string[] = [];
  const sampler = setInterval(() => seen.push(...commandLines().map(({ line }) => line), ...environments()), 10);
  const request = await archiveRequest(folder, 'for i in 1 2 3 4 5 6; do seq 1 100000; sleep 0.1; done', { password });
  await writeArchive(request);
  clearInterval(sampler);
  expect(seen.some((line) => line.includes(request.archivePath))).toBe(true);
  expect(seen.filter((line) => line.includes(password.reveal()))).toEqual([]);
});

function environments(): string[] {
  return commandLines().flatMap(({ pid }) => {
    try {
      return [readFileSync(`/proc/${pid}/environ`, 'utf8')];
    } catch {
      return [];
    }
  });
}

(CAN_MOUNT ? test : test.skip)('a full temporary disk is said to be full {full@compress}', async () => {
  using folder = temporaryFolder();
  using _disk = mountSmallDisk(folder.path, 2 * 1024 * 1024);
  const request = await archiveRequest(folder, 'head -c 30000000 /dev/urandom', { password });
  const writing = writeArchive(request);
  await expect(writing).rejects.toThrow('the temporary directory is full');
  await expect(writing).rejects.toMatchObject({ hint: expect.stringContaining('PGBAK_TMPDIR') });
  expect(readdirSync(folder.path)).toEqual([]);
});
