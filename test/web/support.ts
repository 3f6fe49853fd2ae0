import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { chromium, type Browser } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import type { Account, Finished } from '../support/pgbak.ts';

/** The pages of an account, served by a real `pgbak web`. */
export interface Web extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  origin: string;
  /** The address with the token, as it is printed. */
  address: string;
  token: string;
  port: number;
  pid: number;
  /** Sends a signal, and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Finished>;
  /** A request with the cookie, and with the Origin of the pages. */
  ask(path: string, options?: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Without the cookie. */
  isStranger?: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Starts `pgbak web` on a free port. */
export async function openWeb(account: Account, args: readonly string[] = []): Promise<Web> {
  const { child, pid, finished } = account.start(['web', '--port', '0', '--no-open', '--json', ...args]);
  let printed = '';
  child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const ended = finished.then(({ status, stderr }) => {
    throw new Error(`pgbak web ended with ${status}: ${stderr}`);
  });
  ended.catch(() => {});
  await Promise.race([eventually('the address', () => printed.includes('}')), ended]);
  const { address } = JSON.parse(printed) as { address: string };
  const { origin, port, searchParams } = new URL(address);
  const token = searchParams.get('token') ?? '';
  const end = async (signal: NodeJS.Signals = 'SIGINT') => {
    if (child.exitCode === null) child.kill(signal);
    return await finished;
  };
  return {
    origin,
    address,
    token,
    port: Number(port),
    pid,
    end,
    ask: async (path, options = {}) =>
      await ask(origin, path, {
        ...options,
        headers: {
          ...(options.isStranger === true ? {} : { cookie: `pgbak-${port}=${token}` }),
          ...(options.method === 'POST' ? { origin } : {}),
          ...(options.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...options.headers,
        },
      }),
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}

/** One request, with exactly these headers. */
export async function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body }: AskOptions,
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  const sent = request({ hostname, port, path, method, headers, agent: false });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, body: text };
}

/** Debian's, which the set-up installs. */
const CHROMIUM = '/usr/bin/chromium';

export async function openBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error('chromium is missing: npm test installs it');
  return await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}
