import { follow, lineOf, newPosition, type Position } from '../../backup/backup-position.ts';
import type { RunEvent } from '../../core/events.ts';
import { formatBytes, formatShare } from '../../core/format.ts';
import { logLineOf, type LogLine } from '../../core/log-lines.ts';
import { withoutPasswords } from '../../core/printable.ts';

/** What a page shows of a job: lines that stay, and what is being done right now. */
export interface JobView {
  take(event: RunEvent, nowMs: number): void;
  /** Oldest first; the first one has the number `firstLine`. */
  lines: readonly LogLine[];
  firstLine(): number;
  /** What failed, with what to do about it. */
  failures: readonly JobFailure[];
  /** A line for each backup that runs, or one for the step of a verification. */
  progress(nowMs: number): string[];
}

interface JobFailure {
  server: string;
  message: string;
  hint: string | undefined;
}

/** A run of 200 servers makes some 1,500. */
const MOST_LINES = 5000;

export function newJobView(): JobView {
  const lines: LogLine[] = [];
  const failures: JobFailure[] = [];
  const running = new Map<string, Position>();
  let forgotten = 0;
  let step = '';
  let share = '';
  const add = (line: LogLine) => {
    lines.push({ ...line, message: withoutPasswords(line.message) });
    if (lines.length <= MOST_LINES) return;
    lines.shift();
    forgotten += 1;
  };
  return {
    lines,
    failures,
    firstLine: () => forgotten,
    take: (event, nowMs) => {
      const line = event.type === 'step' ? { level: 'info' as const, message: event.message } : logLineOf(event);
      if (line !== undefined) add(line);
      if (event.type === 'step') {
        step = event.message;
        share = '';
      } else if (event.type === 'fetched' || event.type === 'copied') {
        const { bytes, totalBytes } = event;
        share = totalBytes === undefined ? formatBytes(bytes) : formatShare(bytes, totalBytes);
      } else if (event.type === 'started') {
        running.set(event.server, newPosition(event, nowMs));
      } else if (event.type === 'succeeded' || event.type === 'failed') {
        running.delete(event.server);
        if (event.type === 'failed') {
          const { server, message, hint } = event;
          failures.push({
            server,
            message: withoutPasswords(message),
            hint: hint === undefined ? undefined : withoutPasswords(hint),
          });
        }
      } else if ('server' in event && event.server !== undefined) {
        const position = running.get(event.server);
        if (position !== undefined) follow(event, position, nowMs);
      }
    },
    progress: (nowMs) => {
      if (running.size > 0) return [...running].map(([server, position]) => lineOf(server, position, nowMs));
      return step === '' ? [] : [[step, share].filter((part) => part !== '').join(', ')];
    },
  };
}
