import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { takeLock } from '../../src/system/lock.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LockedError } from '../../src/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { signal } = new AbortController();
const take = (path: string, waitMs = 0) =>
  takeLock(path, {
    holder: { pid: process.pid, host: 'here', since: new Date(0) },
    waitMs,
    clock: systemClock,
    signal,
  });

/** Another process that holds the lock until it is told to let go, or is killed. */
async function otherHolder(path: string) {
  const script = `
    import { takeLock } from './src/system/lock.ts';
    import { systemClock } from './src/system/clock.ts';
    const holder = { pid: process.pid, host: 'there', since: new Date(0) };
    const lock = await takeLock(process.argv[1], { holder, waitMs: 0, clock: systemClock, signal: new AbortController().signal });
    process.stdout.write('held');
    process.stdin.resume().once('end', () => lock[Symbol.dispose]());`;
  const args = ['--import', './test/support/run-typescript.mjs', '--input-type=module', '-e', script, path];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the run lock', () => {
  test('is held by one at a time, and is free again afterwards', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const lock = await take(path);
    await expect(take(path)).rejects.toThrow(LockedError);
    lock[Symbol.dispose]();
    (await take(path))[Symbol.dispose]();
  });

  test('keeps another process out and names it', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const child = await otherHolder(path);
    await expect(take(path)).rejects.toThrow(
      `another run is under way: process ${child.pid} on there, since 1970-01-01T00:00:00.000Z`,
    );
    child.stdin.end();
    (await take(path, 20_000))[Symbol.dispose]();
  });

  test('is free as soon as its holder is killed', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const child = await otherHolder(path);
    child.kill('SIGKILL');
    await once(child, 'exit');
    (await take(path))[Symbol.dispose]();
  });

  test('is the same by whatever path the file is reached', async () => {
    using folder = temporaryFolder();
    symlinkSync(folder.path, folder.at('link'));
    using _lock = await take(folder.at('backup.sqlite'));
    await expect(take(folder.at('link', '.', 'backup.sqlite'))).rejects.toThrow(LockedError);
  });

  test('waits no longer than asked, and not at all after an interruption', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    using _lock = await take(path);
    const began = performance.now();
    await expect(take(path, 600)).rejects.toThrow(LockedError);
    expect(performance.now() - began).toBeGreaterThan(500);
    const controller = new AbortController();
    const holder = { pid: 1, host: 'x', since: new Date() };
    const waiting = takeLock(path, { holder, waitMs: 60_000, clock: systemClock, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
