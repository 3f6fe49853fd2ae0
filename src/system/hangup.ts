import { readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';

const SIGHUP_BIT = 1n;

let answer: boolean | undefined;

/**
 * Whether SIGHUP was to be ignored when pgbak started, as under nohup. Node gives every signal its default back before
 * any script runs, so the kernel does not know any more. What is left, in this order: a parent that ignores the signal
 * hands that on (signal(7)); nohup takes the terminal away from all three standard streams; bash, ksh and zsh say in
 * `_` what they started. Where nothing tells, without a terminal, a backup that goes on is the lesser harm: there are
 * SIGTERM and SIGINT to end it.
 */
export function ignoresHangup(): boolean {
  answer ??= parentIgnoresHangup() || (!hasTerminal() && !wasStartedByItself());
  return answer;
}

function hasTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/** Whether a shell started node or pgbak, and no other program that then became pgbak. */
function wasStartedByItself(): boolean {
  const { _: started = '' } = process.env;
  try {
    // A program in between hands on what a shell told it.
    const isShell = /^(bash|ksh|zsh)/.test(basename(readFileSync(`/proc/${process.ppid}/comm`, 'utf8').trim()));
    return isShell && [process.execPath, process.argv[1] ?? ''].some((path) => isSameFile(path, started));
  } catch {
    return false;
  }
}

function isSameFile(path: string, other: string): boolean {
  return realpathSync(path) === realpathSync(other);
}

function parentIgnoresHangup(): boolean {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    const mask = /^SigIgn:\s*([\da-f]+)$/m.exec(status)?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & SIGHUP_BIT) !== 0n;
  } catch {
    // No Linux, or not to be seen.
    return false;
  }
}
