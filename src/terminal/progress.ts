import type { Ora } from 'ora';
import type { RunEvent } from '../core/events.ts';
import { printable, printableName, withoutPasswords } from '../core/printable.ts';
import { formatBytes, formatDuration } from '../core/format.ts';
import { follow, lineOf, newPosition, type Position } from '../backup/backup-position.ts';
import { terminalWidth } from './output.ts';
import { widthOf, wrapHanging, wrapLines } from './wrap.ts';

/** Progress of a run on a terminal: a live line for each backup that runs, and a lasting line for each that has ended. */
export interface Progress {
  report(event: RunEvent): void;
  /** Removes the live lines. */
  stop(): void;
}

const REDRAW_EVERY_MS = 250;
/** The spinner, a space, and the last column, after which some terminals begin a new line. */
const BESIDE_A_LINE = 3;

export function showProgress(ora: (options: object) => Ora, now: () => number = Date.now): Progress {
  const running = new Map<string, Position>();
  // Else ora takes over stdin, and ctrl-c with it.
  const spinner = ora({ stream: process.stderr, discardStdin: false, isEnabled: true });
  const redraw = () => {
    const width = Math.max((terminalWidth(process.stderr) ?? 80) - BESIDE_A_LINE, 16);
    const lines = [...running].map(([server, position]) => {
      const line = lineOf(printableName(server), position, now(), (text) => widthOf(text) <= width);
      return wrapLines(printableName(line), width).split('\n', 1)[0] ?? '';
    });
    // More lines than the terminal has could not be redrawn.
    const most = Math.max(process.stderr.rows - 3, 1);
    const shown = lines.length > most ? [...lines.slice(0, most), `and ${lines.length - most} more`] : lines;
    // ora puts its spinner before the first line only.
    if (lines.length > 0) spinner.text = shown.join('\n  ');
  };
  const timer = setInterval(redraw, REDRAW_EVERY_MS);
  const finish = (server: string) => {
    running.delete(server);
    spinner.stop();
  };
  const goOn = () => {
    if (running.size === 0) return;
    redraw();
    spinner.start();
  };

  return {
    report: (event) => {
      if (event.type === 'cleaned') {
        spinner.warn(indented(`left by an earlier run: ${event.message}`));
        return goOn();
      }
      if (event.type === 'note') {
        spinner.info(indented(event.server === undefined ? event.message : `${event.server}: ${event.message}`));
        return goOn();
      }
      // A verification of a new backup shows as a phase; its steps are left out.
      if (event.type === 'step' || event.type === 'fetched' || event.type === 'copied') return;
      const { server } = event;
      if (event.type === 'started') running.set(server, newPosition(event, now()));
      const position = running.get(server);
      if (position !== undefined) follow(event, position, now());
      const said = lastWord(event);
      if (said !== undefined) {
        if (event.type !== 'warning') finish(server);
        spinner[said.symbol](indented(`${server}: ${said.text}`));
      }
      goOn();
    },
    stop: () => {
      clearInterval(timer);
      spinner.stop();
    },
  };
}

function lastWord(event: RunEvent): { symbol: 'succeed' | 'fail' | 'warn'; text: string } | undefined {
  switch (event.type) {
    case 'succeeded': {
      const { sizeBytes, where, durationMs } = event;
      return {
        symbol: 'succeed',
        text: `${formatBytes(sizeBytes)} stored as ${where} in ${formatDuration(durationMs)}`,
      };
    }
    case 'failed':
      return {
        symbol: 'fail',
        text: [event.message, event.hint, event.stack].filter((part) => part !== undefined).join('\n'),
      };
    case 'incomplete':
      return { symbol: 'fail', text: event.message };
    case 'warning':
      return { symbol: 'warn', text: event.message };
    case 'cleaned':
    case 'note':
    case 'started':
    case 'phase':
    case 'tables':
    case 'measure':
    case 'archived':
    case 'held':
    case 'dump-line':
    case 'uploaded':
    case 'pruned':
    case 'step':
    case 'fetched':
    case 'copied':
      return undefined;
  }
}

/** Wraps lasting lines between words, aligned below their first letter behind the symbol. */
function indented(text: string): string {
  return wrapHanging(printable(withoutPasswords(text)), terminalWidth(process.stderr) ?? 80, 2);
}
