import type { ServerRecord } from '../server/server.ts';
import type { PingLimits, Tools } from './tools.ts';

/** After a signal there is little time until SIGKILL follows. */
const AFTER_SIGNAL_MS = 8000;

export interface Pings {
  started(): Promise<void>;
  succeeded(body: string): Promise<void>;
  failed(body: string): Promise<void>;
}

/**
 * Tells the ping URLs of a server how its backup fares. A ping that cannot be delivered becomes a warning, never a
 * failure; and the last ping is sent although a signal has asked pgbak to stop, since it is the one that matters.
 */
export function pingsFor(
  server: ServerRecord,
  warn: (message: string) => void,
  tools: Pick<Tools, 'pingUrlsFor' | 'ping' | 'signal'>,
): Pings {
  const { urls, problems } = tools.pingUrlsFor(server);
  problems.forEach((problem) => warn(problem));

  const send = async (moment: 'start' | 'success' | 'fail', body: string, limits: PingLimits) => {
    const url = urls[moment];
    const warning = url === undefined ? undefined : await tools.ping(moment, url, body, limits);
    if (warning !== undefined) warn(warning);
  };
  const sendLast = (moment: 'success' | 'fail', body: string) =>
    send(moment, body, tools.signal.aborted ? { withinMs: AFTER_SIGNAL_MS } : {});

  return {
    started: () => send('start', '', { signal: tools.signal }),
    succeeded: (body) => sendLast('success', body),
    failed: (body) => sendLast('fail', body),
  };
}
