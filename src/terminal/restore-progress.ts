import type { Report, RunEvent } from '../core/events.ts';
import { printable } from '../core/printable.ts';
import { formatBytes, formatShare } from '../core/format.ts';
import { cutLine } from './wrap.ts';
import { isLive, tell, tellEvent, terminalWidth, wrapped } from './output.ts';

export interface RestoreProgress extends AsyncDisposable {
  report: Report;
  /** Prints the plan. */
  announce: (plan: readonly string[]) => Promise<void>;
  /** Stands still while a person is told something and asked. */
  asking: <Answer>(question: () => Promise<Answer>) => (why: string) => Promise<Answer>;
}

const REDRAW_EVERY_MS = 250;

/** Progress of a restore on stderr: a live line on a terminal, else a line for each step. */
export async function showRestore(): Promise<RestoreProgress> {
  if (!isLive(process.stderr)) {
    return {
      report: (event) => {
        if (event.type === 'step') tell(event.message);
        if (event.type === 'warning') tell(`pgbak: warning: ${event.message}`);
        if (event.type === 'note') tellEvent(event);
      },
      announce,
      asking: (question) => async (why) => {
        await announce([why]);
        return await question();
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { default: ora } = await import('ora');
  // Else ora takes over stdin, and ctrl-c with it.
  const spinner = ora({ stream: process.stderr, discardStdin: false, isEnabled: true });
  let step = '';
  let drawnAt = 0;
  return {
    announce,
    asking: (question) => async (why) => {
      if (spinner.isSpinning) spinner.succeed(fitted(step));
      spinner.stop();
      process.stderr.write(`${wrapped(printable(why))}\n`);
      const answer = await question();
      step = 'opening the archive with that password';
      spinner.start(fitted(step));
      return answer;
    },
    report: (event) => {
      if (event.type === 'note') return tellEvent(event);
      if (event.type === 'step') {
        if (spinner.isSpinning) spinner.succeed(fitted(step));
        step = printable(event.message);
        spinner.start(fitted(step));
        return;
      }
      if (event.type === 'warning') {
        if (spinner.isSpinning) spinner.succeed(fitted(step));
        // A warning is never cut.
        spinner.warn(printable(event.message));
        spinner.start(fitted(step));
        return;
      }
      if (!('bytes' in event) || performance.now() - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = performance.now();
      spinner.text = fitted(`${step}: ${amountOf(event)}`);
    },
    [Symbol.asyncDispose]: () => {
      spinner.stop();
      return Promise.resolve();
    },
  };
}

function announce(plan: readonly string[]): Promise<void> {
  for (const line of plan) tell(line);
  return Promise.resolve();
}

function fitted(text: string): string {
  return cutLine(text, (terminalWidth(process.stderr) ?? 80) - 4);
}

function amountOf({ bytes, totalBytes }: Extract<RunEvent, { bytes: number }>): string {
  if (totalBytes === undefined || totalBytes === 0) return formatBytes(bytes);
  return formatShare(bytes, totalBytes);
}
