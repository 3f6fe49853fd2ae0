import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errorCode, LockedError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { openSqlite, type Sqlite } from './sqlite.ts';

/** Who holds a lock, for whoever finds it taken. */
export interface LockHolder {
  pid: number;
  host: string;
  since: Date;
}

export interface LockRequest {
  holder: LockHolder;
  /** How long to wait for another holder to let go. */
  waitMs: number;
  clock: Clock;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/**
 * Takes the lock that allows one run at a time for the file at `path`, until it is disposed of. It is an exclusive
 * transaction on a SQLite file beside it, which the kernel drops when the process dies, however it dies. Throws a
 * `LockedError` that says who holds it when that takes longer than `waitMs`.
 */
export async function takeLock(path: string, { holder, waitMs, clock, signal }: LockRequest): Promise<Disposable> {
  const lockPath = lockPathOf(path);
  const holderPath = `${lockPath}-holder`;
  const giveUpAt = clock.now().getTime() + waitMs;
  for (;;) {
    const lock = tryLock(lockPath);
    if (lock !== undefined) {
      const { pid, host, since } = holder;
      writeFileSync(holderPath, `process ${pid} on ${host}, since ${since.toISOString()}`);
      return {
        [Symbol.dispose]: () => {
          rmSync(holderPath, { force: true });
          lock.close();
        },
      };
    }
    const leftMs = giveUpAt - clock.now().getTime();
    if (leftMs <= 0) throw lockedBy(holderPath);
    await clock.sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
  }
}

/** However a path is spelled and whatever links lead to it, it is the same lock. */
function lockPathOf(path: string): string {
  try {
    return `${realpathSync(path)}.lock`;
  } catch {
    return join(realpathSync(dirname(path)), `${basename(path)}.lock`);
  }
}

function tryLock(path: string): Sqlite | undefined {
  const database = openSqlite(path, { timeout: 0 });
  try {
    // In this mode the lock file never gets a content, and no journal is left by a process that dies.
    database.exec('pragma journal_mode = memory');
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if (errorCode(error)?.startsWith('SQLITE_BUSY') === true) return undefined;
    throw error;
  }
}

function lockedBy(holderPath: string): LockedError {
  const hint = 'Wait for it to end, or let this one wait: --wait SECONDS';
  try {
    return new LockedError(`another run is under way: ${readFileSync(holderPath, 'utf8')}`, hint);
  } catch {
    // It is just starting or ending; that it holds the lock is all there is to say.
    return new LockedError('another run is under way', hint);
  }
}
