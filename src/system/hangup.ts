import { readFileSync } from 'node:fs';

const SIGHUP_BIT = 1n;

/**
 * Whether SIGHUP was to be ignored when pgbak started, as under nohup. Node gives every signal its default back before
 * any script runs, so the kernel does not know any more. What is left: nohup takes the terminal away from all three
 * standard streams, and without a terminal there is nothing that could hang up; and a parent that ignores the signal
 * hands that on (signal(7)).
 */
export function ignoresHangup(): boolean {
  const { stdin, stdout, stderr } = process;
  if (!stdin.isTTY && !stdout.isTTY && !stderr.isTTY) return true;
  return parentIgnoresHangup();
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
