import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConfigError, errorCode, errorMessage, LockedError, PgbakError } from '../core/errors.ts';
import type { Clock } from './clock.ts';
import { openSqlite, type Sqlite } from './sqlite.ts';

export interface LockRequest {
  /**
   * Whether somebody holds it all the same, in words; asked after the kernel's lock was taken, since a file that
   * was removed locks nothing.
   */
  heldBy: () => Promise<string | undefined>;
  /** Who holds it, in words, for the error where it is taken; undefined where that is not known. */
  describeHolder: () => Promise<string | undefined>;
  /** How long to wait for another holder to let go. */
  waitMs: number;
  clock: Clock;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/**
 * Takes the lock that allows one run at a time for the file at `path`, until it is disposed of. It is an exclusive
 * transaction on a SQLite file beside it, which the kernel drops when the process dies, however it dies.
 *
 * @throws LockedError that says who holds it when that takes longer than `waitMs`
 * @throws ConfigError that names the file beside it, where that cannot be locked
 */
export async function takeLock(path: string, request: LockRequest): Promise<Disposable> {
  const { heldBy, describeHolder, waitMs, clock, signal } = request;
  const lockPath = lockPathOf(path);
  const giveUpAt = clock.now().getTime() + waitMs;
  for (;;) {
    const lock = tryLock(lockPath, path);
    const other = lock === undefined ? undefined : await closedOnError(lock, heldBy);
    if (lock !== undefined && other === undefined) return { [Symbol.dispose]: () => void lock.close() };
    lock?.close();
    const leftMs = giveUpAt - clock.now().getTime();
    if (leftMs <= 0) {
      // Without a name the holder is just starting or ending; that it is held is all there is to say.
      const who = other ?? (await describeHolder());
      throw new LockedError(
        `another run is under way${who === undefined ? '' : `: ${who}`}`,
        'Wait for it to end, or let this one wait: --wait SECONDS',
      );
    }
    await clock.sleep(Math.min(LOOK_EVERY_MS, leftMs), signal);
  }
}

async function closedOnError<Result>(lock: Sqlite, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** It is the same lock however a path is spelled, links included. */
function lockPathOf(path: string): string {
  try {
    return `${realpathSync(path)}.lock`;
  } catch {
    return join(realpathSync(dirname(path)), `${basename(path)}.lock`);
  }
}

function tryLock(lockPath: string, path: string): Sqlite | undefined {
  let database: Sqlite | undefined;
  try {
    const inode = openLockFile(lockPath, path);
    database = openSqlite(lockPath, { timeout: 0 });
    // In this mode the lock file never gets a content, and no journal is left by a process that dies.
    database.exec('pragma journal_mode = memory');
    database.exec('begin exclusive');
    // On a file that it cannot write SQLite takes no lock and says nothing. This is never committed.
    database.exec('pragma user_version = 1');
    if (lstatSync(lockPath, { throwIfNoEntry: false })?.ino === inode) return database;
    // Somebody has put another file there meanwhile, which others lock.
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (errorCode(error)?.startsWith('SQLITE_BUSY') === true) return undefined;
    throw unusable(lockPath, error);
  }
}

/**
 * Makes sure that the lock file is there, a file and not a link to one, and can be written; returns its inode. Closed
 * again before SQLite locks it: any other close of the file in this process drops the kernel's lock
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
function openLockFile(lockPath: string, path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = openSync(lockPath, flags, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      throw new ConfigError(`the lock file ${lockPath} is no file`, `Remove it: rm ${lockPath}`);
    }
    if (process.geteuid?.() === 0) giveToOwner(file, stats, path);
    return stats.ino;
  } finally {
    closeSync(file);
  }
}

/** What the superuser leaves behind must not keep out the user whose catalogue it is. */
function giveToOwner(file: number, { uid, nlink }: { uid: number; nlink: number }, path: string): void {
  const owner = statSync(path, { throwIfNoEntry: false });
  // A second name may be a trap: the file of somebody else.
  if (owner === undefined || owner.uid === uid || uid !== 0 || nlink !== 1) return;
  fchownSync(file, owner.uid, owner.gid);
  fchmodSync(file, 0o600);
}

function unusable(lockPath: string, error: unknown): unknown {
  if (error instanceof PgbakError) return error;
  const code = errorCode(error);
  if (code === undefined) return error;
  const owner = lstatSync(lockPath, { throwIfNoEntry: false })?.uid;
  if (code === 'ELOOP') {
    return new ConfigError(
      `the lock file ${lockPath} is a symbolic link, which is not followed`,
      `Remove it: rm ${lockPath}`,
    );
  }
  if (owner === undefined) {
    return new ConfigError(
      `the lock file ${lockPath} cannot be made: ${errorMessage(error)}`,
      'Only one run at a time may work on a catalogue, so this user has to be able to write to its directory.',
    );
  }
  if (/^(?:EACCES|EPERM|SQLITE_(?:READONLY|CANTOPEN|PERM))/.test(code)) {
    return new ConfigError(
      `the lock file ${lockPath} may not be written to by this user: it belongs to uid ${owner}`,
      `Another user has run pgbak here. While none runs, remove it: sudo rm ${lockPath}`,
    );
  }
  return new ConfigError(
    `the lock file ${lockPath} cannot be locked: ${errorMessage(error)} (${code})`,
    `While no pgbak runs, remove it: rm ${lockPath}`,
  );
}

/** A process, told from every later one that may get its number. */
export interface ProcessIdentity {
  pid: number;
  host: string;
  /** When it began, in the kernel's own measure, and in which boot and which numbering; absent where /proc is not. */
  kernel?: string;
}

export function thisProcess(): ProcessIdentity {
  const kernel = kernelsIdentity(process.pid);
  return { pid: process.pid, host: hostname(), ...(kernel === undefined ? {} : { kernel }) };
}

/** Whether another process is certain to run still. One on another machine, or in another container, cannot be seen from here. */
export function isOtherRunning({ pid, host, kernel }: ProcessIdentity): boolean {
  if (kernel === undefined || host !== hostname() || pid === process.pid) return false;
  return kernelsIdentity(pid) === kernel;
}

/** See proc(5): boot_id, /proc/PID/ns/pid, and field 22 of /proc/PID/stat, of which the second may hold anything. */
function kernelsIdentity(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    if (state === 'Z' || state === 'X') return undefined;
    return [boot, readlinkSync('/proc/self/ns/pid'), fields[19]].join(' ');
  } catch {
    return undefined;
  }
}
