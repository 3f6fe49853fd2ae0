import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { peakMemoryBytes } from '../support/processes.ts';

/** What one command cost. */
export interface Cost {
  elapsedMs: number;
  /** Of all its processes. */
  cpuMs: number;
  /** The most memory of Node itself, its children not counted. */
  nodeMemoryBytes: number;
  /** The most that lay in the temporary directory. */
  temporaryBytes: number;
}

const LOOK_EVERY_MS = 100;

/** Runs a shell command to its end. Throws when it fails. */
export async function measure(command: string, env: Record<string, string>, temporary: string): Promise<Cost> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', `TIMEFORMAT='cost %U %S'; time { ${command} ; }`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const began = performance.now();
  let nodeMemoryBytes = 0;
  let temporaryBytes = 0;
  const look = setInterval(() => {
    nodeMemoryBytes = Math.max(nodeMemoryBytes, ...nodesBelow(shell.pid ?? 0).map((pid) => peakMemoryBytes(pid)));
    temporaryBytes = Math.max(temporaryBytes, sizeBelow(temporary));
  }, LOOK_EVERY_MS);
  const ended = new Promise<number | null>((resolve) => shell.once('close', resolve));
  const [status, said] = await Promise.all([ended, text(shell.stderr)]);
  const elapsedMs = performance.now() - began;
  clearInterval(look);
  if (status !== 0) throw new Error(`${command} failed: ${said}`);
  const [, user, system] = /^cost ([\d.]+) ([\d.]+)$/m.exec(said) ?? [];
  return { elapsedMs, cpuMs: 1000 * (Number(user) + Number(system)), nodeMemoryBytes, temporaryBytes };
}

/** A shell may have replaced itself by the only command that it had. */
function nodesBelow(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...children.map(Number)].filter((one) => readFileSync(`/proc/${one}/comm`, 'utf8').startsWith('node'));
  } catch {
    return [];
  }
}

/** What files really take on the disk. */
function sizeBelow(directory: string): number {
  try {
    return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
      const path = join(directory, entry.name);
      return sum + (entry.isDirectory() ? sizeBelow(path) : statSync(path).blocks * 512);
    }, 0);
  } catch {
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
