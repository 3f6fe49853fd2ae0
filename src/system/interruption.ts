import { constants } from 'node:os';
import { InterruptedError } from '../core/errors.ts';
import { ignoresHangup } from './hangup.ts';

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
