import type { RunEvent } from './events.ts';
import { formatBytes, formatDuration } from './format.ts';

type Level = 'info' | 'warning' | 'error';

/** One line of pgbak's log. */
export interface LogLine {
  level: Level;
  server?: string;
  message: string;
}

export const PHASES = {
  connecting: 'connecting',
  dumping: 'dumping',
  checking: 'checking the archive',
  uploading: 'storing',
  verifying: 'verifying',
};

/** The log line of an event; undefined for events that matter only while they happen. */
export function logLineOf(event: RunEvent): LogLine | undefined {
  switch (event.type) {
    case 'cleaned':
      return { level: 'warning', message: `left by an earlier run: ${event.message}` };
    case 'note':
      return {
        level: 'info',
        ...(event.server === undefined ? {} : { server: event.server }),
        message: event.message,
      };
    case 'started':
      return { level: 'info', server: event.server, message: 'backup begins' };
    case 'phase': {
      const detail = event.detail === undefined ? '' : `: ${event.detail}`;
      return { level: 'info', server: event.server, message: `${PHASES[event.phase]}${detail}` };
    }
    case 'warning':
      return { level: 'warning', server: event.server, message: event.message };
    case 'succeeded':
      return {
        level: 'info',
        server: event.server,
        message: `stored ${formatBytes(event.sizeBytes)} as ${event.where} in ${formatDuration(event.durationMs)}`,
      };
    case 'incomplete':
      return { level: 'error', server: event.server, message: event.message };
    case 'pruned':
      return { level: 'info', server: event.server, message: `removed ${event.removed} that no rule keeps` };
    case 'failed': {
      const more = [event.hint, event.stack].filter((text) => text !== undefined).join('\n');
      return { level: 'error', server: event.server, message: `${event.message}${more === '' ? '' : `\n${more}`}` };
    }
    case 'tables':
    case 'measure':
    case 'archived':
    case 'uploaded':
    case 'held':
    case 'dump-line':
    case 'step':
    case 'fetched':
    case 'copied':
      return undefined;
  }
}
