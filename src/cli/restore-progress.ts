import type { RestoreEvent } from '../restore/events.ts';
import { formatBytes } from './format.ts';

export interface RestoreProgress extends AsyncDisposable {
  report: (event: RestoreEvent) => void;
}

const REDRAW_EVERY_MS = 250;

/** What a person who restores sees on stderr: a living line on a terminal, a line a step elsewhere. */
export async function showRestore({ isQuiet }: { isQuiet: boolean }): Promise<RestoreProgress> {
  if (isQuiet) return { report: () => {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  if (!process.stderr.isTTY) {
    return {
      report: (event) => void (event.type === 'step' && process.stderr.write(`${event.message}\n`)),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const { default: ora } = await import('ora');
  // ora would take over stdin, and with it ctrl-c.
  const spinner = ora({ stream: process.stderr, discardStdin: false });
  let step = '';
  let drawnAt = 0;
  return {
    report: (event) => {
      if (event.type === 'step') {
        if (spinner.isSpinning) spinner.succeed(step);
        step = event.message;
        spinner.start(step);
        return;
      }
      if (performance.now() - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = performance.now();
      spinner.text = `${step}: ${amountOf(event)}`.slice(0, (process.stderr.columns || 80) - 4);
    },
    [Symbol.asyncDispose]: () => {
      spinner.stop();
      return Promise.resolve();
    },
  };
}

function amountOf({ bytes, totalBytes }: Exclude<RestoreEvent, { type: 'step' }>): string {
  if (totalBytes === undefined || totalBytes === 0) return formatBytes(bytes);
  return `${Math.min(100, Math.floor((100 * bytes) / totalBytes))} % of ${formatBytes(totalBytes)}`;
}
