import { readFileSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { InterruptedError } from '../core/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Of the command that runs, where it ends things in order. */
let underWay: AbortSignal | undefined;

export interface Interruption {
  signal: AbortSignal;
  [Symbol.dispose](): void;
}

/**
 * Takes over from bin/run.js, which catches a hangup from the first moment on: one that is not to be ignored ends pgbak
 * as it ends any program, unless somebody listens who ends things in order. `cameAlready` tells of one before.
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

/** For a prompt: without it one waits for an answer although a signal came that somebody else listens to. */
export function promptContext(): { signal?: AbortSignal } {
  return underWay === undefined ? {} : { signal: underWay };
}

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort, on which everything under way ends in order. A second one
 * means that somebody does not want to wait: the process ends at once, and its children with it. A hangup that
 * was to be ignored, as under nohup, is.
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
