import type { Readable } from 'node:stream';
import type { Secret } from '../core/secret.ts';
import { parsePingUrl } from './ping-url.ts';
import { errorCode, PgbakError } from '../core/errors.ts';
import { printable, withoutPasswords } from '../core/printable.ts';
import { limitTo, type Clock } from '../system/clock.ts';

/** The moments of a backup and of its verification that a health check may hear of. */
export type PingMoment = 'start' | 'success' | 'fail' | 'verify';

export interface Ping {
  moment: PingMoment;
  url: Secret;
  /** Shown by the health check; cut at 100 kB. Secrets are out of it already. */
  body: string;
  userAgent: string;
  clock: Clock;
  /** Ends the ping early; left out for the last one of a backup, which goes out although a signal has come. */
  signal?: AbortSignal | undefined;
  /** For all tries together; `DELIVER_WITHIN_MS` unless there is less time. */
  withinMs?: number | undefined;
}

const PAUSES_MS = [1000, 4000];
/** A backup waits for its pings, and a run of many servers for each of them: a receiver that hangs costs no more. */
const DELIVER_WITHIN_MS = 10_000;
/** What healthchecks.io keeps of a body (https://healthchecks.io/docs/attaching_logs/). */
const LONGEST_BODY_BYTES = 100_000;

/**
 * POSTs a ping, up to three times with growing pauses, as long as there is time. Never rejects: what watches over
 * backups must not break them.
 * Resolves with a sentence when the ping could not be delivered, which names the host and nothing else of the URL.
 */
export async function ping(request: Ping): Promise<string | undefined> {
  const { moment, clock, signal, withinMs = DELIVER_WITHIN_MS } = request;
  let url: URL;
  try {
    url = parsePingUrl(request.url.reveal());
  } catch (error) {
    return `the ${moment} ping was not sent: ${error instanceof PgbakError ? error.message : 'its URL cannot be read'}`;
  }
  using limit = limitTo(withinMs, ...(signal === undefined ? [] : [signal]));
  let problem: string | undefined;
  for (const pauseMs of [...PAUSES_MS, undefined]) {
    const answer = await send(url, request, limit.signal);
    if (answer === 'delivered') return undefined;
    // That the time was over says less than what had been answered before.
    problem = limit.isOver() ? (problem ?? `no answer within ${withinMs / 1000} seconds`) : answer.problem;
    if (pauseMs === undefined || !answer.isWorthAnotherTry) break;
    await clock.sleep(pauseMs, limit.signal).catch(() => {});
    if (limit.signal.aborted) break;
  }
  return `the ${moment} ping could not be delivered to ${url.host}: ${problem}`;
}

interface Refusal {
  problem: string;
  isWorthAnotherTry: boolean;
}

/** By axios, as B2 is asked: it obeys HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which Node 20's own fetch does not know. */
async function send(url: URL, { body, userAgent }: Ping, signal: AbortSignal): Promise<'delivered' | Refusal> {
  try {
    const { default: axios } = await import('axios');
    const { status, data } = await axios.post<Readable>(withoutCredentials(url).href, cut(body), {
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': userAgent, ...credentialsOf(url) },
      signal,
      // Of the answer only the status is of interest.
      responseType: 'stream',
      validateStatus: null,
    });
    data.on('error', () => {}).destroy();
    if (status >= 200 && status < 300) return 'delivered';
    return { problem: `HTTP status ${status}`, isWorthAnotherTry: status >= 500 || status === 408 || status === 429 };
  } catch (error) {
    return { problem: problemOf(error), isWorthAnotherTry: true };
  }
}

function cut(body: string): string {
  const bytes = Buffer.from(printable(withoutPasswords(body)));
  // `stream` leaves out a character that the cut went through.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_BODY_BYTES), { stream: true });
}

/** A user and a password of the URL go into a header: only there does every UTF-8 character arrive. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${credentials.toString('base64')}` };
}

/** The network's code is all that may be shown: axios' errors hold the request, and their texts may hold the URL. */
function problemOf(error: unknown): string {
  const code = errorCode(error) ?? 'the connection failed';
  return code === 'ERR_CANCELED' ? 'interrupted' : code;
}
