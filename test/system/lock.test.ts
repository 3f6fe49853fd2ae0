import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { takeLock } from '../../src/system/lock.ts';
import { systemClock } from '../../src/system/clock.ts';
import { ConfigError, LockedError } from '../../src/core/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { signal } = new AbortController();
const take = (path: string, waitMs = 0, stop = signal) =>
  takeLock(path, {
    heldBy: async () => await Promise.resolve(undefined),
    describeHolder: async () => await Promise.resolve('process 17 on there'),
    waitMs,
    advice: 'Wait.',
    clock: systemClock,
    signal: stop,
  });

/** Another process that holds the lock until it is told to let go, or is killed. */
async function otherHolder(path: string) {
  const script = `
    import { takeLock } from './src/system/lock.ts';
    import { systemClock } from './src/system/clock.ts';
    const nobody = async () => undefined;
    const lock = await takeLock(process.argv[1], { heldBy: nobody, describeHolder: nobody, waitMs: 0, advice: '', clock: systemClock, signal: new AbortController().signal });
    process.stdout.write('held');
    process.stdin.resume().once('end', () => lock[Symbol.dispose]());`;
  const args = ['--import', './test/support/run-typescript.mjs', '--input-type=module', '-e', script, path];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
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

  test('keeps another process out and names it {locked@connect}', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    const child = await otherHolder(path);
    await expect(take(path)).rejects.toThrow('another pgbak is at work on this catalogue: process 17 on there');
    child.stdin.end();
    (await take(path, 20_000))[Symbol.dispose]();
  });

  test('is free as soon as its holder is killed {kill@connect}', async () => {
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

  test('waits no longer than asked, and not at all after an interruption {locked@connect, stop@connect}', async () => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    using _lock = await take(path);
    const began = performance.now();
    await expect(take(path, 600)).rejects.toThrow(LockedError);
    expect(performance.now() - began).toBeGreaterThan(500);
    const controller = new AbortController();
    const waiting = take(path, 60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test.each<[string, (lockFile: string) => void, RegExp]>([
    [
      'a symbolic link to a file of somebody else {replaced@connect}',
      (lockFile) => symlinkSync(`${lockFile}.victim`, lockFile),
      /is a symbolic link, which pgbak does not follow/,
    ],
    [
      'a file that holds something {damaged@connect}',
      (lockFile) => writeFileSync(lockFile, 'notes of somebody\n'.repeat(100)),
      /cannot lock the file/,
    ],
    ['a named pipe {hostile@connect}', (lockFile) => execFileSync('mkfifo', [lockFile]), /is not a regular file/],
  ])('cannot be taken on %s, and says which file it is', async (_name, plant, message) => {
    using folder = temporaryFolder();
    const path = folder.at('backup.sqlite');
    writeFileSync(`${path}.lock.victim`, 'untouched');
    plant(`${path}.lock`);
    await expect(take(path)).rejects.toThrow(message);
    await expect(take(path)).rejects.toThrow(ConfigError);
    expect(readFileSync(`${path}.lock.victim`, 'utf8')).toBe('untouched');
  });
});

/** Takes the lock as another user, and says how that went. */
function takeAs(uid: number, path: string): string {
  const script = `
    import { takeLock } from './src/system/lock.ts';
    import { systemClock } from './src/system/clock.ts';
    process.setgid(${uid});
    process.setuid(${uid});
    const nobody = async () => undefined;
    const request = { heldBy: nobody, describeHolder: nobody, waitMs: 0, advice: '', clock: systemClock, signal: new AbortController().signal };
    await takeLock(process.argv[1], request).then(() => console.log('taken'), (error) => console.log(error.message));`;
  const args = ['--import', './test/support/run-typescript.mjs', '--input-type=module', '-e', script, path];
  return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' }).trim();
}

const ifRoot = process.getuid?.() === 0 ? describe : describe.skip;
ifRoot('what the superuser leaves beside the catalogue of a user', () => {
  const OTHER = 12_345;
  const usersFolder = () => {
    const folder = temporaryFolder();
    chownSync(folder.path, OTHER, OTHER);
    writeFileSync(folder.at('backup.sqlite'), '');
    chownSync(folder.at('backup.sqlite'), OTHER, OTHER);
    return folder;
  };

  test('belongs to that user, whose lock it still is {denied@connect}', async () => {
    using folder = usersFolder();
    const path = folder.at('backup.sqlite');
    (await take(path))[Symbol.dispose]();
    expect(statSync(`${path}.lock`)).toMatchObject({ uid: OTHER });
    expect(takeAs(OTHER, path)).toBe('taken');
    using _lock = await take(path);
    expect(takeAs(OTHER, path)).toMatch(/^another pgbak is at work/);
  });

  test('or, left by an earlier pgbak, is an error that names the file, never a run without a lock {denied@connect}', () => {
    using folder = usersFolder();
    const path = folder.at('backup.sqlite');
    writeFileSync(`${path}.lock`, '');
    chmodSync(`${path}.lock`, 0o644);
    expect(takeAs(OTHER, path)).toBe(`this user cannot write to the lock file ${path}.lock: it belongs to uid 0`);
  });

  test('a directory in which that user may write nothing is named as well {denied@connect}', () => {
    using folder = temporaryFolder();
    expect(takeAs(OTHER, folder.at('backup.sqlite'))).toMatch(
      /cannot create the lock file .*backup\.sqlite\.lock: EACCES/,
    );
    expect(existsSync(folder.at('backup.sqlite.lock'))).toBe(false);
  });
});
