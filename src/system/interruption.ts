import { readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { InterruptedError } from '../core/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The signal of the running command, while that listens for interruptions. */
let underWay: AbortSignal | undefined;

interface Interruption {
  signal: AbortSignal;
  [Symbol.dispose](): void;
}

/**
 * Takes SIGHUP over from bin/run.js, which catches it from the first moment on. A hangup ends pgbak like any program, unless it
 * must be ignored or a command listens for interruptions.
 *
 * @param cameAlready whether a hangup arrived before
 */
export function guardHangup(cameAlready: boolean): void {
  process.removeAllListeners('SIGHUP');
  const guard = () => {
    if (ignoresHangup() || underWay !== undefined) return;
    process.off('SIGHUP', guard);
    process.kill(process.pid, 'SIGHUP');
  };
  process.on('SIGHUP', guard);
  if (cameAlready) guard();
}

/** Options for a prompt: without the signal it would wait for an answer although an interruption came. */
export function promptContext(): { signal?: AbortSignal } {
  return underWay === undefined ? {} : { signal: underWay };
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort, after which all work ends in order. On a second signal the process
 * ends at once, and its children with it. Ignores a hangup where pgbak must, as under nohup.
 */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const ignoring = ignoresHangup();
  const listener = (name: NodeJS.Signals) => {
    const signal = SIGNALS.find((known) => known === name) ?? 'SIGTERM';
    if (name === 'SIGHUP' && ignoring) return;
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort(new InterruptedError(signal));
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  underWay = controller.signal;
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      underWay = undefined;
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

const SIGHUP_BIT = 1n;

let answer: boolean | undefined;

/**
 * Whether SIGHUP was ignored when pgbak started, as under nohup. Node resets every signal before any script runs, so the kernel
 * no longer knows. These signs are left, in this order: a parent that ignores the signal passes that on (signal(7)); nohup
 * redirects all three standard streams away from the terminal; bash, ksh and zsh store in `_` what they started. Without a
 * terminal and without any sign, ignore it: a backup that goes on is the lesser harm, and SIGTERM still ends it.
 */
export function ignoresHangup(): boolean {
  answer ??= parentIgnoresHangup() || (!hasTerminal() && !wasStartedByItself());
  return answer;
}

function hasTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/** Whether a shell started node or pgbak itself, not another program (such as nohup) that then became pgbak. */
function wasStartedByItself(): boolean {
  const { _: started = '' } = process.env;
  try {
    // A program in between passes `_` on unchanged.
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
    // Not Linux, or /proc is not accessible.
    return false;
  }
}
