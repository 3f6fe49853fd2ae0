import type { ServerRecord } from '../config/server.ts';
import type { Tools } from './tools.ts';

/** After a signal there is little time until SIGKILL follows. */
const LAST_PING_MS = 8000;
const PING_MS = 60_000;

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

  const send = async (moment: 'start' | 'success' | 'fail', body: string, withinMs?: number) => {
    const url = urls[moment];
    const warning = url === undefined ? undefined : await tools.ping(moment, url, body, withinMs);
    if (warning !== undefined) warn(warning);
  };
  const sendLast = (moment: 'success' | 'fail', body: string) =>
    send(moment, body, tools.signal.aborted ? LAST_PING_MS : PING_MS);

  return {
    started: () => send('start', ''),
    succeeded: (body) => sendLast('success', body),
    failed: (body) => sendLast('fail', body),
  };
}
