import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { writeArchive } from '../../src/archive/write-archive.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Pausable } from '../../src/system/pausable.ts';
import { InterruptedError } from '../../src/core/errors.ts';
import { eventually } from '../support/eventually.ts';
import { processesWith } from '../support/processes.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';
import { archiveRequest } from './archive-request.ts';

const NOISE = 'for i in 1 2 3 4 5 6 7 8 9 10; do head -c 1000000 /dev/urandom; sleep 0.1; done';
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sizeOf = (path: string) => (existsSync(path) ? statSync(path).size : 0);

/** Begins an archive of a script's output, and holds it back once it has a megabyte. */
async function heldArchive(
  folder: TemporaryFolder,
  script: string,
  changes: Parameters<typeof archiveRequest>[2] = {},
) {
  let holdIt: ((isHeld: boolean) => void) | undefined;
  const onStarted = (writer: Pausable) => void (holdIt = (isHeld) => writer.hold(isHeld));
  const request = await archiveRequest(folder, script, { onStarted, password: new Secret('a secret'), ...changes });
  const writing = writeArchive(request);
  writing.catch(() => {});
  const hold = await eventually('an archive that grows', () =>
    sizeOf(request.archivePath) > 1e6 ? holdIt : undefined,
  );
  hold(true);
  await pause(100);
  return { request, writing, hold, heldBytes: sizeOf(request.archivePath) };
}

describe('an archive that is held back', () => {
  test('does not grow, however long, and is whole when it may go on', async () => {
    using folder = temporaryFolder();
    const limits = { totalMs: 20_000, idleMs: 4000 };
    const { request, writing, hold, heldBytes } = await heldArchive(folder, NOISE, { limits });
    await pause(6000);
    expect(sizeOf(request.archivePath)).toBe(heldBytes);
    hold(false);
    expect((await writing).rawSizeBytes).toBe(10_000_000);
  });

  test('is over at once when it is interrupted {stop@compress}', async () => {
    using folder = temporaryFolder();
    const controller = new AbortController();
    const { writing } = await heldArchive(folder, NOISE, { signal: controller.signal });
    const began = performance.now();
    controller.abort(new InterruptedError('SIGTERM'));
    await expect(writing).rejects.toThrow('interrupted by SIGTERM');
    // 7-Zip would be killed after five seconds, had it not been woken to hear that it is to end.
    expect(performance.now() - began).toBeLessThan(4000);
    expect(processesWith(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test('is over at once when its source fails {kill@dump}', async () => {
    using folder = temporaryFolder();
    const { writing } = await heldArchive(folder, `exec head -c 87654321 /dev/urandom`);
    for (const { pid } of processesWith('head -c 87654321')) process.kill(pid, 'SIGKILL');
    await expect(writing).rejects.toThrow('the source failed: SIGKILL');
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

test('with a companion too an archive is written in order, and nothing lies beside it in the end', async () => {
  using folder = temporaryFolder();
  const companion = { entryName: 'shop.globals.sql', content: new Secret('create role reader;\n') };
  const request = await archiveRequest(folder, NOISE, { companion, password: new Secret('a secret') });
  const writing = writeArchive(request);
  await eventually('an archive that grows', () => sizeOf(request.archivePath) > 3e6);
  const early = readFileSync(request.archivePath).subarray(32, 3_000_000);
  expect(await Promise.race([writing, Promise.resolve('still being written')])).toBe('still being written');
  await writing;
  expect(readFileSync(request.archivePath).subarray(32, 3_000_000).equals(early)).toBe(true);
  expect(readdirSync(folder.path)).toEqual(['archive.7z']);
});
