import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqlite, type Sqlite } from './sqlite.ts';
import {
  createTemporaryDirectory,
  prefixOf,
  type TemporaryDirectory,
  type TemporaryPlace,
} from './temporary-directory.ts';

/** A file in the directory that its owner locks. The kernel drops the lock when the owner dies, however it dies. */
const LOCK_FILE = 'held';
/** A week. A directory without that file is of an earlier pgbak, none of whose commands runs that long. */
const ABANDONED_AFTER_MS = 7 * 24 * 3_600_000;
const ENDS_WITHIN_MS = 10_000;
/** From then on SIGKILL follows. */
const KILL_AFTER_MS = 3000;

export interface LockedDirectory extends TemporaryDirectory {
  /** Distinguishes it from others of its place. */
  id: string;
}

/** Makes a temporary directory that other processes can see to be in use. One owner may have several at once. */
export async function createLockedDirectory(place: TemporaryPlace): Promise<LockedDirectory> {
  const directory = await createTemporaryDirectory(place);
  const lock = tryToLock(directory.path);
  return {
    path: directory.path,
    id: directory.path.slice(directory.path.lastIndexOf(prefixOf(place)) + prefixOf(place).length),
    [Symbol.asyncDispose]: async () => {
      lock?.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

export interface Swept {
  /** A sentence for each directory that was removed. */
  removed: string[];
  /** The ids of directories that are in use. */
  inUse: string[];
}

/**
 * Removes the directories of a place whose owners were killed, and ends a PostgreSQL server that still runs in one. Touches only
 * directories of this user and of `accountId`, the account under which such a server may have run.
 */
export async function sweepLockedDirectories(place: TemporaryPlace, accountId: number | undefined): Promise<Swept> {
  const swept: Swept = { removed: [], inUse: [] };
  const prefix = prefixOf(place);
  for (const entry of namesIn(place.base).filter((name) => name.startsWith(prefix))) {
    const path = join(place.base, entry);
    const stats = await lstat(path).catch(() => undefined);
    // Any user can put a link or directory of that name into /tmp.
    if (stats?.isDirectory() !== true || ![process.getuid?.(), accountId].includes(stats.uid)) continue;
    const hasLockFile = namesIn(path).includes(LOCK_FILE);
    if (!hasLockFile && Date.now() - stats.mtimeMs < ABANDONED_AFTER_MS) continue;
    const lock = hasLockFile ? tryToLock(path) : undefined;
    if (hasLockFile && lock === undefined) {
      swept.inUse.push(entry.slice(prefix.length));
      continue;
    }
    lock?.close();
    await endServerIn(realpathSync(path));
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    swept.removed.push(`removed temporary files of a killed restore or verification: ${path}`);
  }
  return swept;
}

function tryToLock(directory: string): Sqlite | undefined {
  const database = openSqlite(join(directory, LOCK_FILE), { timeout: 0 });
  try {
    database.exec('pragma journal_mode = memory');
    database.exec('begin exclusive');
    return database;
  } catch {
    database.close();
    return undefined;
  }
}

/**
 * Ends the PostgreSQL server that was started in a directory and outlived pgbak: a postmaster, where children cannot be made to
 * die with pgbak, or a backend that was too busy to notice.
 */
async function endServerIn(directory: string): Promise<void> {
  const began = performance.now();
  for (let pids = await serverProcessesIn(directory); pids.length > 0; pids = await serverProcessesIn(directory)) {
    const elapsedMs = performance.now() - began;
    if (elapsedMs > ENDS_WITHIN_MS) return;
    for (const pid of pids) end(pid, elapsedMs > KILL_AFTER_MS ? 'SIGKILL' : 'SIGQUIT');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function end(pid: number, signal: 'SIGQUIT' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** Recognized by their working directory, which no other program uses, or by the postmaster's command line. */
async function serverProcessesIn(directory: string): Promise<number[]> {
  const data = join(directory, 'data');
  const found = namesIn('/proc').filter((name) => /^\d+$/.test(name) && isServerIn(directory, name));
  const postmaster = postmasterOf(data);
  if (postmaster !== undefined && (await commandLineOf(postmaster)).includes(data)) found.push(String(postmaster));
  return [...new Set(found)].map(Number);
}

function isServerIn(directory: string, pid: string): boolean {
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`);
    if (place !== directory && !place.startsWith(`${directory}/`)) return false;
    // Not the shell of a user who looks into the directory.
    return /postgres|initdb/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0', 1)[0] ?? '');
  } catch {
    return false;
  }
}

function postmasterOf(data: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function commandLineOf(pid: number): Promise<string> {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    // Loaded only here: each run sweeps, and most find nothing.
    const { execa } = await import('execa');
    const ps = await execa('ps', ['-o', 'args=', '-p', String(pid)], { env, extendEnv: false, reject: false });
    return ps.stdout;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
