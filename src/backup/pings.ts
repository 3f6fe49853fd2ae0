import type { Context } from '../core/context.ts';
import type { ServerRecord } from '../server/server.ts';
import { resolvePingUrls } from '../server/ping-urls.ts';

/** After a signal there is little time until SIGKILL follows. */
const AFTER_SIGNAL_MS = 8000;

export interface Pings {
  started(): Promise<void>;
  succeeded(body: string): Promise<void>;
  failed(body: string): Promise<void>;
}

/**
 * Tells the ping URLs of a server how its backup fares. A ping that cannot be delivered becomes a warning, never a
 * failure. The last ping is sent even after a signal, since it is the one that matters.
 */
export function pingsFor(
  server: ServerRecord,
  warn: (message: string) => void,
  { environment, signal, clock, version }: Pick<Context, 'environment' | 'signal' | 'clock' | 'version'>,
): Pings {
  const { urls, problems } = resolvePingUrls(server, environment);
  problems.forEach((problem) => warn(problem));

  const send = async (
    moment: 'start' | 'success' | 'fail',
    body: string,
    limits: { signal?: AbortSignal; withinMs?: number },
  ) => {
    const url = urls[moment];
    if (url === undefined) return;
    const { ping } = await import('../notify/ping.ts');
    const warning = await ping({ moment, url, body, userAgent: `pgbak/${version}`, clock, ...limits });
    if (warning !== undefined) warn(warning);
  };
  const sendLast = (moment: 'success' | 'fail', body: string) =>
    send(moment, body, signal.aborted ? { withinMs: AFTER_SIGNAL_MS } : {});

  return {
    started: () => send('start', '', { signal }),
    succeeded: (body) => sendLast('success', body),
    failed: (body) => sendLast('fail', body),
  };
}
