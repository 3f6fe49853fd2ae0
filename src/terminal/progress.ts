import { wrapAnsi } from 'fast-wrap-ansi';
import type { Ora } from 'ora';
import type { RunEvent } from '../core/events.ts';
import { printable, printableName, withoutPasswords } from '../core/printable.ts';
import { formatBytes, formatDuration, formatShare } from '../core/format.ts';
import { PHASES } from './log-lines.ts';
import { terminalWidth } from './output.ts';
import { tableInDumpLine } from '../core/archive-format.ts';

/** Progress of a run on a terminal: a live line for each backup that runs, and a lasting line for each that has ended. */
export interface Progress {
  report(event: RunEvent): void;
  /** Removes the live lines. */
  stop(): void;
}

/** How far one backup is. */
interface Position {
  startedAtMs: number;
  doing: string;
  /** The dump waits for the upload. */
  isHeld: boolean;
  table: string;
  tablesSeen: number;
  tableCount: number;
  archivedBytes: number | undefined;
  /** Set when the archive is whole. */
  upload: { startedAtMs: number; sizeBytes: number; sentBytes: number; sentBeforeBytes: number } | undefined;
}

const REDRAW_EVERY_MS = 250;

export function showProgress(ora: (options: object) => Ora, now: () => number = Date.now): Progress {
  const running = new Map<string, Position>();
  // Else ora takes over stdin, and ctrl-c with it.
  const spinner = ora({ stream: process.stderr, discardStdin: false, isEnabled: true });
  const redraw = () => {
    const lines = [...running].map(([server, position]) => lineOf(server, position, now()));
    const width = widthOf(process.stderr);
    // ora puts its spinner before the first line only.
    if (lines.length > 0) spinner.text = lines.map((line) => printableName(line).slice(0, width)).join('\n  ');
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
      if (event.type === 'started') running.set(server, newPosition(now()));
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

function newPosition(startedAtMs: number): Position {
  const amounts = { archivedBytes: undefined, upload: undefined };
  return { startedAtMs, doing: 'starting', isHeld: false, table: '', tablesSeen: 0, tableCount: 0, ...amounts };
}

function follow(event: RunEvent, position: Position, nowMs: number): void {
  switch (event.type) {
    case 'phase':
      position.doing = PHASES[event.phase];
      // Without this, the speed of a finished upload would go on falling.
      position.upload = undefined;
      return;
    case 'tables':
      position.tableCount = event.count;
      return;
    case 'dump-line': {
      const table = tableInDumpLine(event.line);
      if (table === undefined) return;
      position.tablesSeen += 1;
      position.table = table;
      return;
    }
    case 'held':
      position.isHeld = event.isHeld;
      return;
    case 'archived':
      position.archivedBytes = event.archiveBytes;
      return;
    case 'uploaded': {
      const { sentBytes, sizeBytes } = event;
      position.upload ??= { startedAtMs: nowMs, sizeBytes, sentBytes, sentBeforeBytes: sentBytes };
      position.upload.sentBytes = sentBytes;
      position.archivedBytes = sizeBytes;
      return;
    }
    case 'cleaned':
    case 'note':
    case 'started':
    case 'warning':
    case 'succeeded':
    case 'pruned':
    case 'failed':
    case 'step':
    case 'fetched':
    case 'copied':
  }
}

/** An earlier speed would only measure the buffers of this machine. */
const BEFORE_SPEED_MS = 1000;

function amountOf({ archivedBytes, upload }: Position, nowMs: number): string {
  if (upload === undefined) return archivedBytes === undefined ? '' : `${formatBytes(archivedBytes)} archived`;
  const { startedAtMs, sizeBytes, sentBytes, sentBeforeBytes } = upload;
  const sent = formatShare(sentBytes, sizeBytes);
  const elapsedMs = nowMs - startedAtMs;
  if (elapsedMs < BEFORE_SPEED_MS) return sent;
  // Bytes that were sent during the dump took other time.
  const bytesPerSecond = Math.round((1000 * Math.max(sentBytes - sentBeforeBytes, 0)) / elapsedMs);
  return `${sent}, ${formatBytes(bytesPerSecond)}/s`;
}

function lineOf(server: string, position: Position, nowMs: number): string {
  const { doing, isHeld, table, tablesSeen, tableCount, startedAtMs } = position;
  const place = `(${tablesSeen} of ${Math.max(tableCount, tablesSeen)})`;
  const dumping = `${isHeld ? 'waiting for the upload in' : doing} ${table} ${place}`;
  const what = doing === 'dumping' && table !== '' ? dumping : doing;
  const elapsed = formatDuration(Math.floor((nowMs - startedAtMs) / 1000) * 1000);
  return [`${server}: ${what}`, amountOf(position, nowMs), elapsed].filter((part) => part !== '').join(', ');
}

function lastWord(event: RunEvent): { symbol: 'succeed' | 'fail' | 'warn'; text: string } | undefined {
  switch (event.type) {
    case 'succeeded': {
      const { sizeBytes, place, objectName, durationMs } = event;
      const text = `${formatBytes(sizeBytes)} stored as ${place}/${objectName} in ${formatDuration(durationMs)}`;
      return { symbol: 'succeed', text };
    }
    case 'failed':
      return {
        symbol: 'fail',
        text: [event.message, event.hint, event.stack].filter((part) => part !== undefined).join('\n'),
      };
    case 'warning':
      return { symbol: 'warn', text: event.message };
    case 'cleaned':
    case 'note':
    case 'started':
    case 'phase':
    case 'tables':
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

/** Wraps lasting lines between words, aligned below their first letter. */
function indented(text: string): string {
  return wrapAnsi(printable(withoutPasswords(text)), widthOf(process.stderr) + 2, { hard: true }).replaceAll(
    '\n',
    '\n  ',
  );
}

function widthOf(stream: NodeJS.WriteStream): number {
  return Math.max((terminalWidth(stream) ?? 80) - 4, 16);
}
