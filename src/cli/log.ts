import type { Report } from '../backup/events.ts';
import type { Environment } from '../config/environment.ts';
import { logLineOf, type LogLine } from './log-lines.ts';

export interface Log extends AsyncDisposable {
  report: Report;
}

/**
 * Writes what happens to stderr as it happens, and to Mezmo where a key is set. Disposing sends what Mezmo has not got
 * yet, for a few seconds at most.
 */
export async function openLog(environment: Environment): Promise<Log> {
  const mezmo = await openMezmoIfWanted(environment);
  return {
    report: (event) => {
      const line = logLineOf(event);
      if (line === undefined) return;
      process.stderr.write(`${textOf(line, new Date())}\n`);
      mezmo?.log({ level: line.level, message: withServer(line) });
    },
    [Symbol.asyncDispose]: async () => {
      const problem = await mezmo?.close();
      if (problem !== undefined) process.stderr.write(`pgbak: warning: ${problem}\n`);
    },
  };
}

/** Every line carries its time, level and server, so that `grep` finds a night's failure in a year's file. */
function textOf(line: LogLine, now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z ${line.level} ${withServer(line)}`;
}

function withServer({ server, message }: LogLine): string {
  return server === undefined ? message : `${server}: ${message}`;
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
