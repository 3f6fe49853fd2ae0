import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { openSqlite, type Sqlite } from './sqlite.ts';
import {
  createTemporaryDirectory,
  prefixOf,
  type TemporaryDirectory,
  type TemporaryPlace,
} from './temporary-directory.ts';

/** A file in the directory that its owner holds a lock on, which the kernel drops when the owner dies, however. */
const HELD = 'held';
/** A week: a directory without that file is of an earlier pgbak, of which nothing takes that long. */
const ABANDONED_AFTER_MS = 7 * 24 * 3_600_000;
const ENDS_WITHIN_MS = 10_000;
/** After that a process is not asked any more. */
const ASKED_FOR_MS = 3000;

export interface LockedDirectory extends TemporaryDirectory {
  /** What tells it from others of its place. */
  id: string;
}

/** Makes a temporary directory that others can see to be in use; several of one owner may be so at once. */
export async function createLockedDirectory(place: TemporaryPlace): Promise<LockedDirectory> {
  const directory = await createTemporaryDirectory(place);
  const lock = tryToHold(directory.path);
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
  /** What went, in words. */
  removed: string[];
  /** The ids of those that are in use. */
  inUse: string[];
}

/**
 * Removes those directories of a place whose owner was killed, and ends a PostgreSQL server that still runs in one. Each
 * belongs to this user, or to `accountId`, whom a server of its own may have run as.
 */
export async function sweepLockedDirectories(place: TemporaryPlace, accountId: number | undefined): Promise<Swept> {
  const swept: Swept = { removed: [], inUse: [] };
  const prefix = prefixOf(place);
  for (const entry of namesIn(place.base).filter((name) => name.startsWith(prefix))) {
    const path = join(place.base, entry);
    const stats = await lstat(path).catch(() => undefined);
    // Anybody may put a link or a directory of that name into /tmp.
    if (stats?.isDirectory() !== true || ![process.getuid?.(), accountId].includes(stats.uid)) continue;
    const isHeldByName = namesIn(path).includes(HELD);
    if (!isHeldByName && Date.now() - stats.mtimeMs < ABANDONED_AFTER_MS) continue;
    const lock = isHeldByName ? tryToHold(path) : undefined;
    if (isHeldByName && lock === undefined) {
      swept.inUse.push(entry.slice(prefix.length));
      continue;
    }
    lock?.close();
    await endServerIn(realpathSync(path));
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    swept.removed.push(`removed what a killed restore or verification left: ${path}`);
  }
  return swept;
}

function tryToHold(directory: string): Sqlite | undefined {
  const database = openSqlite(join(directory, HELD), { timeout: 0 });
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
 * Ends the PostgreSQL server that was started in a directory and outlived pgbak: its postmaster where children cannot be
 * made to die with pgbak, and else a backend that has not looked up from its work since.
 */
async function endServerIn(directory: string): Promise<void> {
  const began = performance.now();
  for (let pids = serverProcessesIn(directory); pids.length > 0; pids = serverProcessesIn(directory)) {
    const elapsedMs = performance.now() - began;
    if (elapsedMs > ENDS_WITHIN_MS) return;
    for (const pid of pids) end(pid, elapsedMs > ASKED_FOR_MS ? 'SIGKILL' : 'SIGQUIT');
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

/** Told by the directory that they work in, which is theirs alone, or by the command line of the postmaster. */
function serverProcessesIn(directory: string): number[] {
  const data = join(directory, 'data');
  const found = namesIn('/proc').filter((name) => /^\d+$/.test(name) && isServerIn(directory, name));
  const postmaster = postmasterOf(data);
  if (postmaster !== undefined && commandLineOf(postmaster).includes(data)) found.push(String(postmaster));
  return [...new Set(found)].map(Number);
}

function isServerIn(directory: string, pid: string): boolean {
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`);
    if (place !== directory && !place.startsWith(`${directory}/`)) return false;
    // A shell of somebody who looks into the directory is not one.
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

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    return execaSync('ps', ['-o', 'args=', '-p', String(pid)], { env, extendEnv: false, reject: false }).stdout;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
