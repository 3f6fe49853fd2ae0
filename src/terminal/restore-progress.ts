import type { Report, RunEvent } from '../core/events.ts';
import { printable } from '../core/printable.ts';
import { formatBytes, formatCount, formatShare } from '../core/format.ts';
import type { LoadedPart } from '../restore/restore.ts';
import { isLive, tell, tellEvent, terminalWidth, wrapped } from './output.ts';
import { cutLine, wrapHanging } from './wrap.ts';

export interface RestoreProgress extends AsyncDisposable {
  report: Report;
  /** Prints the plan. */
  announce: (plan: readonly string[]) => Promise<void>;
  /** Stands still while a person is told why the step failed, and is asked. Then `next` begins. */
  asking: <Answer>(question: () => Promise<Answer>, next: string) => (why: string) => Promise<Answer>;
  /** Call when all went well: without it the last step counts as failed. */
  finish: () => void;
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
      finish: () => {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { default: ora } = await import('ora');
  // Else ora takes over stdin, and ctrl-c with it.
  const spinner = ora({ stream: process.stderr, discardStdin: false, isEnabled: true });
  let step = '';
  let isDoubtful = false;
  let drawnAt = 0;
  const begin = (message: string) => {
    step = printable(message);
    isDoubtful = false;
    spinner.start(fitted(step));
  };
  /** The lasting line of a step. One that was warned of is no success. */
  const end = (isGood: boolean) => {
    if (!spinner.isSpinning) return;
    if (!isGood) spinner.fail(fitted(step));
    else if (isDoubtful) spinner.warn(fitted(step));
    else spinner.succeed(fitted(step));
  };
  /** Prints a lasting line, which is never cut, while the step goes on. */
  const interject = (symbol: 'info' | 'warn', message: string) => {
    const goesOn = spinner.isSpinning;
    spinner[symbol](wrapHanging(printable(message), terminalWidth(process.stderr) ?? 80, 2));
    if (goesOn) spinner.start(fitted(step));
  };
  return {
    announce,
    asking: (question, next) => async (why) => {
      end(false);
      process.stderr.write(`${wrapped(printable(why))}\n`);
      const answer = await question();
      begin(next);
      return answer;
    },
    report: (event) => {
      if (event.type === 'note') return interject('info', event.message);
      if (event.type === 'step') {
        end(event.isRetry !== true);
        return begin(event.message);
      }
      if (event.type === 'warning') {
        isDoubtful = true;
        return interject('warn', event.message);
      }
      if (!('bytes' in event) || performance.now() - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = performance.now();
      spinner.text = fitted(`${step}: ${amountOf(event)}`);
    },
    finish: () => end(true),
    [Symbol.asyncDispose]: () => {
      end(false);
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

/** What was restored, and how much of it. */
export function restoredLine(what: string, dumpBytes: number, part: LoadedPart | undefined): string {
  return part === undefined
    ? `Restored ${what}: ${formatBytes(dumpBytes)} of dump`
    : `Restored ${loadedAmount(part)} of ${what}`;
}

function loadedAmount({ tableCount, rowCount, otherCount }: LoadedPart): string {
  if (tableCount === 0) return formatCount(otherCount, 'object');
  return `${formatCount(tableCount, 'table')} with ${formatCount(rowCount, 'row')}`;
}
