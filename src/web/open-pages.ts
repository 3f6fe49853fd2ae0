import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { getRequestListener } from '@hono/node-server';
import type { Context } from '../core/context.ts';
import { Secret } from '../core/secret.ts';
import { newAccess } from './access.ts';
import { openJobs } from './jobs/jobs.ts';
import { pagesOf } from './app.ts';
import { openNotices } from './notices.ts';
import { openScheduleWatch } from './schedule-watch.ts';
import { boundedServer, listen } from './listener.ts';

export interface OpenPages extends AsyncDisposable {
  /** The address with the token. */
  address: Secret;
  /** Waits until the job that a page has started has ended. */
  ended(): Promise<void>;
  /** Whether a signal ended a backup or another job. */
  wasInterrupted(): boolean;
}

/**
 * Serves the pages until they are disposed of. What a page has started is then ended in order first.
 *
 * @throws ConfigError where it cannot listen there
 */
export async function openPages({ host, port }: { host: string; port: number }, context: Context): Promise<OpenPages> {
  // A large page leaves much behind. The room for what is new stays small, so that an idle pgbak stays small too.
  setFlagsFromString('--semi-space-growth-factor=1');
  let answer: ReturnType<typeof getRequestListener> | undefined;
  const server = boundedServer((request, response) => void answer?.(request, response));
  const bound = await listen(server, { host, port });
  const access = newAccess(bound);
  const jobs = openJobs(context);
  const app = pagesOf({ context, jobs, notices: openNotices(), schedule: openScheduleWatch(context) }, access, [
    host.toLowerCase(),
    hostname().toLowerCase(),
  ]);
  answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const reached = ['0.0.0.0', '::'].includes(host) ? hostname() : host;
  const shown = reached.includes(':') ? `[${reached}]` : reached;
  return {
    address: new Secret(`http://${shown}:${bound}/?token=${access.token.reveal()}`),
    ended: () => jobs.ended(),
    wasInterrupted: () => jobs.wasInterrupted(),
    [Symbol.asyncDispose]: async () => {
      await jobs.ended();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Whether only programs of this machine can reach a host. */
export function isOnlyHere(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
