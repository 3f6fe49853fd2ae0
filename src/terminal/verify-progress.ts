import type { Report } from '../core/events.ts';
import { formatBytes, formatShare } from '../core/format.ts';
import { printable } from '../core/printable.ts';
import { isLive, tellEvent, terminalWidth } from './output.ts';
import { cutLine } from './wrap.ts';

interface VerifyProgress extends Disposable {
  report: Report;
  /** The `number`th of `count` backups is looked at. */
  begin: (what: string, number: number, count: number) => void;
}

const REDRAW_EVERY_MS = 250;

/** A live line on stderr while backups are verified. Without a terminal only warnings and notes are printed. */
export async function showVerify(): Promise<VerifyProgress> {
  if (!isLive(process.stderr)) return { report: tellEvent, begin: () => {}, [Symbol.dispose]: () => {} };
  const { default: ora } = await import('ora');
  // Else ora takes over stdin, and ctrl-c with it.
  const spinner = ora({ stream: process.stderr, discardStdin: false, isEnabled: true });
  let what = '';
  let drawnAt = 0;
  const draw = (text: string) => cutLine(text, (terminalWidth(process.stderr) ?? 80) - 4);
  return {
    begin: (name, number, count) => {
      what = `verifying ${printable(name)}${count === 1 ? '' : ` (${number} of ${count})`}`;
      spinner.start(draw(what));
    },
    report: (event) => {
      if (event.type === 'warning' || event.type === 'note') {
        const wasSpinning = spinner.isSpinning;
        spinner.stop();
        tellEvent(event);
        if (wasSpinning) spinner.start();
      }
      if (!('bytes' in event) || performance.now() - drawnAt < REDRAW_EVERY_MS) return;
      drawnAt = performance.now();
      const { bytes, totalBytes } = event;
      const amount = totalBytes === undefined || totalBytes === 0 ? formatBytes(bytes) : formatShare(bytes, totalBytes);
      spinner.text = draw(`${what}: ${amount}`);
    },
    [Symbol.dispose]: () => void spinner.stop(),
  };
}
