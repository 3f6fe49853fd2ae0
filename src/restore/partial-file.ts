import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../core/errors.ts';

/** So much of a name is shown in that of its unfinished file; four bytes a character leave room for the rest. */
const SHOWN = 40;

/**
 * The hidden name under which this process writes a file until it is whole. It tells for which file and by which process,
 * so that what a killed one left can be told from what another is writing, and from what is somebody else's.
 */
export async function partialPathOf(path: string): Promise<string> {
  const startedAt = (await startOf(process.pid)) ?? '0';
  return join(dirname(path), `${prefixOf(path)}${process.pid}-${startedAt}.partial`);
}

/** Removes what restores to the same file left that were killed on this machine. Returns the paths. */
export async function removeLeftPartials(path: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(prefixOf(path))) continue;
    const [, pid, startedAt] = /^(\d+)-(\d+)\.partial$/.exec(name.slice(prefixOf(path).length)) ?? [];
    if (pid === undefined || (await isRunning(Number(pid), startedAt))) continue;
    const left = join(dirname(path), name);
    const stats = await lstat(left).catch(() => undefined);
    if (stats?.isFile() !== true || stats.uid !== process.getuid?.()) continue;
    await rm(left, { force: true });
    removed.push(left);
  }
  return removed;
}

function prefixOf(path: string): string {
  const name = basename(path);
  const mark = createHash('sha256').update(`${hostname()}\n${name}`).digest('hex').slice(0, 12);
  return `.${name.slice(0, SHOWN)}.pgbak-${mark}-`;
}

/** A process id is given to another process some day; that one began at another time. */
async function isRunning(pid: number, startedAt: string | undefined): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (errorCode(error) === 'ESRCH') return false;
  }
  const start = await startOf(pid);
  return start === undefined || start === startedAt;
}

/** When a process began, in ticks since the machine did; undefined where there is no /proc (proc_pid_stat(5), "starttime"). */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program, in parentheses, may hold blanks and parentheses itself.
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .at(19);
}
