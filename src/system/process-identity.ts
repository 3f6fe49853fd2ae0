import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

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
