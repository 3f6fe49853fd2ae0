import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  pid: number;
  /** Its words, separated by spaces, as `ps` shows them to everybody. */
  line: string;
}

/** The command lines of all processes of the machine. */
export function commandLines(): RunningProcess[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return line === '' ? [] : [{ pid: Number(entry), line }];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** The most memory that a process has had, its children not counted; 0 once it has ended. */
export function peakMemoryBytes(pid: number): number {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const TICKS_PER_SECOND = 100;

/** What a process took of the processors until now, its children not counted (proc_pid_stat(5)); 0 once it has ended. */
export function processorMs(pid: number): number {
  try {
    // Its name, in parentheses, may hold spaces.
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user, system] = fields.split(' ').slice(11, 13).map(Number);
    return (1000 * ((user ?? 0) + (system ?? 0))) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** The processes whose command line holds a text, but for this one. */
export function processesWith(text: string): RunningProcess[] {
  return commandLines().filter(({ pid, line }) => pid !== process.pid && line.includes(text));
}

/** The same, of one account: tests in other processes of jest run the same program. */
export function processesOf(folder: string, text: string): RunningProcess[] {
  return processesWith(text).filter(({ pid }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}
