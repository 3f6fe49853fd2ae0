import { createHash } from 'node:crypto';
import { access, constants, lstat, mkdir, open, readdir, readFile, rename, rm, statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { ConfigError, errorCode, PgbakError, ProgramError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { publishFile, syncDirectory } from '../system/publish-file.ts';
import type { RestorePoint } from './choose-point.ts';
import type { DumpDirectory } from './dump-directory.ts';
import type { OpenArchive } from './open-archive.ts';
import { quoted } from '../core/printable.ts';

/**
 * Checks, before anything is fetched, whether the file can be created and has room, and removes what a killed restore to it
 * left. Throws a `ConfigError` where the path exists or this user may not write there.
 *
 * @param point what will be written there; its size is looked at where it is known
 */
export async function prepareFile(
  path: string,
  { format, rawSizeBytes }: Pick<RestorePoint, 'format' | 'rawSizeBytes'>,
  say: (message: string) => void,
): Promise<void> {
  try {
    const stats = await statsAt(path);
    if (stats?.isDirectory() === true && format !== 'directory') {
      throw new ConfigError(`${path} is a directory`, `Name a file in it: --output ${join(path, 'FILE')}`);
    }
    if (stats !== undefined) throw taken(path);
    await access(dirname(path), constants.W_OK | constants.X_OK);
    for (const left of await removeLeftPartials(path)) say(`removed ${left}, left by an interrupted restore`);
    await refuseWithoutRoom(path, rawSizeBytes);
  } catch (error) {
    throw inWords(path, error);
  }
}

async function refuseWithoutRoom(path: string, sizeBytes: number | undefined): Promise<void> {
  if (sizeBytes === undefined) return;
  const { blocks, bavail, bsize } = await statfs(dirname(path));
  // A tmpfs without a limit reports 0 blocks.
  if (blocks === 0 || bavail * bsize >= sizeBytes) return;
  throw new ProgramError(
    `not enough space in ${dirname(path)}: the dump has ${formatBytes(sizeBytes)}, ${formatBytes(bavail * bsize)} are free`,
    `Free some space there, or name a file elsewhere: ${elsewhere(path)}`,
  );
}

/** Writes a dump to a new file. The file, or the directory, gets its name when it is whole, and never replaces another. */
export async function writeFile(path: string, { copyTo, directory }: OpenArchive): Promise<number> {
  try {
    const partial = await partialPathOf(path);
    if (directory !== undefined) return await writeDirectory(path, partial, directory);
    const handle = await open(partial, 'wx', 0o600);
    try {
      // Flush: the file must survive a power cut before it gets its name.
      const file = handle.createWriteStream({ flush: true });
      const written = finished(file);
      written.catch(() => {});
      const dumpBytes = await copyTo(file).catch((error: unknown) => {
        // The error of the file is the reason, not the broken pipe that follows.
        throw file.errored ?? error;
      });
      file.end();
      await written;
      await publishFile(partial, (attempt) => {
        if (attempt > 1) throw taken(path);
        return path;
      });
      // The file is whole and has its name: a directory that cannot be flushed does not undo that.
      await syncDirectory(dirname(path)).catch(() => {});
      return dumpBytes;
    } finally {
      await handle.close().catch(() => {});
      await rm(partial, { force: true });
    }
  } catch (error) {
    throw inWords(path, error);
  }
}

/** The same for a dump that is a directory. */
async function writeDirectory(path: string, partial: string, { extractTo }: DumpDirectory): Promise<number> {
  try {
    await mkdir(partial, { mode: 0o700 });
    const dumpBytes = await extractTo(partial, true);
    await syncDirectory(partial).catch(() => {});
    if ((await statsAt(path)) !== undefined) throw taken(path);
    await rename(partial, path);
    await syncDirectory(dirname(path)).catch(() => {});
    return dumpBytes;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** What the path is, even a dangling link; undefined where nothing is there. */
async function statsAt(path: string) {
  return await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** The flag that names a file of the same name in another directory. */
function elsewhere(path: string): string {
  return `--output ${quoted(join('/other/dir', basename(path)))}`;
}

function taken(path: string): ConfigError {
  return new ConfigError(`${path} exists already, and nothing is written over it`, 'Name another file: --output FILE');
}

function inWords(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof PgbakError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new ProgramError(
      `cannot write ${path}: ${code === 'ENOSPC' ? 'its file system is full' : `there is no room for it (${code})`}`,
      `The unfinished file was removed. Free some space there, or name a file elsewhere: ${elsewhere(path)}`,
    );
  }
  const reasons: Record<string, string> = {
    ENOENT: `there is no directory ${dirname(path)}`,
    ENOTDIR: `${dirname(path)} is no directory`,
    EACCES: `this user may not write into ${dirname(path)}`,
    EPERM: `this user may not write into ${dirname(path)}`,
    EROFS: 'its file system is read-only',
  };
  return /^E[A-Z]+$/.test(code) ? new ConfigError(`cannot write ${path}: ${reasons[code] ?? code}`) : error;
}

/** Characters of the name in that of its unfinished file. At four bytes each, there is room for the rest of the name. */
const SHOWN = 40;

/**
 * The hidden name of a file that this process has not finished. It names the file and the process, so that the leftover of
 * a killed restore can be told from a file that another process writes.
 */
async function partialPathOf(path: string): Promise<string> {
  const startedAt = (await startOf(process.pid)) ?? '0';
  return join(dirname(path), `${prefixOf(path)}${process.pid}-${startedAt}.partial`);
}

/** Removes what killed restores to the same file left on this machine. Returns the paths. */
async function removeLeftPartials(path: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefixOf(path))) continue;
    const [, pid, startedAt] = /^(\d+)-(\d+)\.partial$/.exec(name.slice(prefixOf(path).length)) ?? [];
    if (pid === undefined || (await isRunning(Number(pid), startedAt))) continue;
    const left = join(dirname(path), name);
    const stats = await lstat(left).catch(() => undefined);
    if ((stats?.isFile() !== true && stats?.isDirectory() !== true) || stats.uid !== process.getuid?.()) continue;
    await rm(left, { recursive: true, force: true });
    removed.push(left);
  }
  return removed;
}

function prefixOf(path: string): string {
  const name = basename(path);
  const mark = createHash('sha256').update(`${hostname()}\n${name}`).digest('hex').slice(0, 12);
  return `.${name.slice(0, SHOWN)}.pgbak-${mark}-`;
}

/** Process ids are used again; the start time tells one process from the next. */
async function isRunning(pid: number, startedAt: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, under another account.
    if (errorCode(error) === 'ESRCH') return false;
  }
  const start = await startOf(pid);
  return start === undefined || start === startedAt;
}

/** When a process started, in ticks since boot (proc_pid_stat(5), "starttime"); undefined where there is no /proc. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The program's name, in parentheses, may itself hold spaces and parentheses.
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}
