import type { RunEvent, Report } from '../core/events.ts';
import type { Environment } from '../server/environment.ts';
import { printable, withoutPasswords } from '../core/printable.ts';
import { logLineOf, type LogLine } from '../core/log-lines.ts';
import { isLive, tell } from './output.ts';

interface Log extends AsyncDisposable {
  report: Report;
}

interface LogOptions {
  /** Only what went wrong. */
  isQuiet: boolean;
  /** The result goes to stdout as JSON. */
  isJson: boolean;
}

/**
 * Shows events: as progress on a terminal, else as lines on stderr; and sends them to Mezmo where a key is set. Disposing
 * sends what is left for Mezmo, for a few seconds at most.
 */
export async function openLog(environment: Environment, options: LogOptions): Promise<Log> {
  const mezmo = await openMezmoIfWanted(environment);
  const display = await openDisplay(options);
  return {
    report: (event) => {
      display.report(event);
      const line = logLineOf(event);
      if (line !== undefined) mezmo?.log({ level: line.level, message: withServer(line) });
    },
    [Symbol.asyncDispose]: async () => {
      display.stop();
      const problem = await mezmo?.close();
      if (problem !== undefined) tell(`pgbak: warning: ${problem}`);
    },
  };
}

async function openDisplay({ isQuiet, isJson }: LogOptions): Promise<{ report: Report; stop: () => void }> {
  if (isLive(process.stderr) && !isQuiet && !isJson) {
    const [{ default: ora }, { showProgress }] = await Promise.all([import('ora'), import('./progress.ts')]);
    return showProgress(ora);
  }
  return { report: (event) => writeLine(event, isQuiet), stop: () => {} };
}

function writeLine(event: RunEvent, isQuiet: boolean): void {
  const line = logLineOf(event);
  if (line === undefined || (isQuiet && line.level === 'info')) return;
  process.stderr.write(`${textOf(line, new Date())}\n`);
}

/** Every line carries its time, level and server, so that `grep` finds a night's failure in a year's file. */
function textOf(line: LogLine, now: Date): string {
  // Continuation lines are indented, so no text from outside can pass for a line of the log.
  return `${now.toISOString().slice(0, 19)}Z ${line.level} ${withServer(line).replaceAll('\n', '\n  ')}`;
}

function withServer({ server, message }: LogLine): string {
  // Names and messages come from databases, programs and services.
  return printable(withoutPasswords(server === undefined ? message : `${server}: ${message}`));
}

async function openMezmoIfWanted(environment: Environment) {
  const { mezmoIngestionKey, mezmoUrl, logHostname } = environment;
  if (mezmoIngestionKey === undefined) return undefined;
  const { openMezmo } = await import('../notify/mezmo.ts');
  return openMezmo({
    ingestionKey: mezmoIngestionKey,
    hostname: logHostname,
    app: 'pgbak',
    ...(mezmoUrl === undefined ? {} : { url: mezmoUrl }),
  });
}
