import { createHash } from 'node:crypto';
import { lstat, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ConfigError, errorCode } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';

export interface TemporaryPlace {
  /** The directory to make it in. */
  base: string;
  /** The catalogue's id. */
  owner: string;
}

export interface TemporaryDirectory extends AsyncDisposable {
  path: string;
}

/** Makes a directory (mode 0700) for the files of one backup; disposing removes it with its content. */
export async function createTemporaryDirectory(place: TemporaryPlace): Promise<TemporaryDirectory> {
  try {
    const path = await mkdtemp(join(place.base, prefixOf(place)));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  } catch (error) {
    throw unusable(place.base, error);
  }
}

/**
 * Removes the directories that killed processes left on this machine; returns one sentence for each. Use an `olderThanMs` of 0
 * only while holding the run lock: then no other run uses one.
 */
export async function sweepTemporaryDirectories(place: TemporaryPlace, olderThanMs = 0): Promise<string[]> {
  const swept: string[] = [];
  const entries = await readdir(place.base).catch((error: unknown) => {
    throw unusable(place.base, error);
  });
  for (const entry of entries.filter((name) => name.startsWith(prefixOf(place)))) {
    const path = join(place.base, entry);
    const stats = await lstat(path);
    // Any user can put a link or directory of that name into /tmp.
    if (!stats.isDirectory()) continue;
    // A time in the future is as old: the clock was set back since.
    if (Math.abs(Date.now() - stats.mtimeMs) < olderThanMs) continue;
    if (stats.uid !== process.getuid?.()) {
      swept.push(`temporary files of another user (uid ${stats.uid}) were not removed: ${path}`);
      continue;
    }
    const sizeBytes = await sizeOf(path);
    await rm(path, { recursive: true, force: true });
    swept.push(`removed temporary files (${formatBytes(sizeBytes)}): ${path}`);
  }
  return swept;
}

/** Machines may share the directory, and several catalogues one machine. */
export function prefixOf({ owner }: TemporaryPlace): string {
  return `pgbak-${createHash('sha256').update(`${hostname()}\n${owner}`).digest('hex').slice(0, 12)}-`;
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map((name) => stat(join(directory, name)).then(({ size }) => size)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function unusable(base: string, error: unknown): unknown {
  const reasons: Record<string, string> = {
    ENOENT: 'does not exist',
    EACCES: 'cannot be written to by this user',
    ENOTDIR: 'is not a directory',
    EROFS: 'is on a read-only file system',
    ENOSPC: 'is full',
  };
  const code = errorCode(error);
  if (code === undefined) return error;
  const reason = reasons[code] ?? `cannot be used (${code})`;
  return new ConfigError(
    `the temporary directory ${base} ${reason}`,
    'Set PGBAK_TMPDIR to a directory that this user can write to.',
  );
}
