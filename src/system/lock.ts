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

interface LockRequest {
  /**
   * Another holder in spite of the lock, in words. Asked once the kernel's lock is taken: where the lock file was removed, two
   * processes can lock two files.
   */
  heldBy: () => Promise<string | undefined>;
  /** Who holds the lock, in words, for the error message; undefined where unknown. */
  describeHolder: () => Promise<string | undefined>;
  /** How long to wait for another holder. */
  waitMs: number;
  /** What the user can do where another one holds it. */
  advice: string;
  clock: Clock;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 250;

/**
 * Takes the lock that allows one run at a time for the file at `path`; disposing releases it. The lock is an exclusive
 * transaction on a SQLite file beside it. The kernel drops it when the process dies, however it dies.
 *
 * @throws LockedError that says who holds it, after `waitMs`
 * @throws ConfigError that names the lock file, where that cannot be locked
 */
export async function takeLock(path: string, request: LockRequest): Promise<Disposable> {
  const { heldBy, describeHolder, waitMs, advice, clock, signal } = request;
  const lockPath = lockPathOf(path);
  const giveUpAt = clock.now().getTime() + waitMs;
  for (;;) {
    const lock = tryLock(lockPath, path);
    const other = lock === undefined ? undefined : await closedOnError(lock, heldBy);
    if (lock !== undefined && other === undefined) return { [Symbol.dispose]: () => void lock.close() };
    lock?.close();
    const leftMs = giveUpAt - clock.now().getTime();
    if (leftMs <= 0) {
      // A holder without a name is just starting or ending.
      const who = other ?? (await describeHolder());
      throw new LockedError(`another pgbak is at work on this catalogue${who === undefined ? '' : `: ${who}`}`, advice);
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

/** The same lock for every spelling of a path, links included. */
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
    // In this mode the lock file stays empty, and a process that dies leaves no journal.
    database.exec('pragma journal_mode = memory');
    database.exec('begin exclusive');
    // SQLite silently takes no lock on a file that it cannot write, so force a write. It is never committed.
    database.exec('pragma user_version = 1');
    if (lstatSync(lockPath, { throwIfNoEntry: false })?.ino === inode) return database;
    // Another file has taken its place meanwhile, and other processes lock that.
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (errorCode(error)?.startsWith('SQLITE_BUSY') === true) return undefined;
    throw unusable(lockPath, error);
  }
}

/**
 * Makes sure that the lock file exists, is a file and no link, and can be written; returns its inode. Closes it before SQLite
 * locks it: closing the file anywhere in this process drops the kernel's lock
 * (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
function openLockFile(lockPath: string, path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = openSync(lockPath, flags, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      throw new ConfigError(`the lock file ${lockPath} is not a regular file`, `Remove it: rm ${lockPath}`);
    }
    if (process.geteuid?.() === 0) giveToOwner(file, stats, path);
    return stats.ino;
  } finally {
    closeSync(file);
  }
}

/** A lock file that root leaves behind must not lock out the catalogue's owner. */
function giveToOwner(file: number, { uid, nlink }: { uid: number; nlink: number }, path: string): void {
  const owner = statSync(path, { throwIfNoEntry: false });
  // A second name (hard link) may be a trap: the file of another user.
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
      `the lock file ${lockPath} is a symbolic link, which pgbak does not follow`,
      `Remove it: rm ${lockPath}`,
    );
  }
  if (owner === undefined) {
    return new ConfigError(
      `cannot create the lock file ${lockPath}: ${errorMessage(error)}`,
      'It keeps two runs from using one catalogue at once. Let this user write to its directory.',
    );
  }
  if (/^(?:EACCES|EPERM|SQLITE_(?:READONLY|CANTOPEN|PERM))/.test(code)) {
    return new ConfigError(
      `this user cannot write to the lock file ${lockPath}: it belongs to uid ${owner}`,
      `Another user has run pgbak here. While no pgbak runs, remove the file: sudo rm ${lockPath}`,
    );
  }
  return new ConfigError(
    `cannot lock the file ${lockPath}: ${errorMessage(error)} (${code})`,
    `While no pgbak runs, remove the file: rm ${lockPath}`,
  );
}

/** Identifies a process, also after its number was given to another one. */
export interface ProcessIdentity {
  pid: number;
  host: string;
  /** Boot, pid namespace, and start time in the kernel's own measure; absent where there is no /proc. */
  kernel?: string;
}

export function thisProcess(): ProcessIdentity {
  const kernel = kernelsIdentity(process.pid);
  return { pid: process.pid, host: hostname(), ...(kernel === undefined ? {} : { kernel }) };
}

/** Whether another process is certain to be still running. Processes of other machines and containers cannot be seen. */
export function isOtherRunning({ pid, host, kernel }: ProcessIdentity): boolean {
  if (kernel === undefined || host !== hostname() || pid === process.pid) return false;
  return kernelsIdentity(pid) === kernel;
}

/** See proc(5): boot_id, /proc/PID/ns/pid, and field 22 of /proc/PID/stat, whose field 2 may hold any characters. */
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
