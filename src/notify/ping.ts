import type { Readable } from 'node:stream';
import type { Secret } from '../core/secret.ts';
import { parsePingUrl } from './ping-url.ts';
import { errorCode, PgbakError } from '../core/errors.ts';
import { printable, withoutPasswords } from '../core/printable.ts';
import { limitTo, type Clock } from '../system/clock.ts';

/** The moments of a backup and its verification that ping a health check. */
export type PingMoment = 'start' | 'success' | 'fail' | 'verify';

export interface Ping {
  moment: PingMoment;
  url: Secret;
  /** Shown by the health check; cut at 100 kB. Holds no secrets. */
  body: string;
  userAgent: string;
  clock: Clock;
  /** Ends the ping early. Absent for the last ping of a backup, which is sent even after an interruption. */
  signal?: AbortSignal | undefined;
  /** For all tries together, where less than `DELIVER_WITHIN_MS`. */
  withinMs?: number | undefined;
}

const PAUSES_MS = [1000, 4000];
/** A backup waits for its pings, and a receiver that hangs may cost it this much time. */
const DELIVER_WITHIN_MS = 10_000;
/** healthchecks.io keeps this much of a body (https://healthchecks.io/docs/attaching_logs/). */
const LONGEST_BODY_BYTES = 100_000;

/**
 * POSTs a ping, up to three times with growing pauses, while there is time. Never rejects: a ping must not break a backup.
 * Resolves with a sentence when the ping could not be delivered; of the URL it names only the host.
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
    // An earlier answer says more than that the time is over.
    problem = limit.isOver() ? (problem ?? `no answer within ${withinMs / 1000} seconds`) : answer.problem;
    if (pauseMs === undefined || !answer.isWorthAnotherTry) break;
    await clock.sleep(pauseMs, limit.signal).catch(() => {});
    if (limit.signal.aborted) break;
  }
  return `cannot send the ${moment} ping to ${url.host}: ${problem}`;
}

interface Refusal {
  problem: string;
  isWorthAnotherTry: boolean;
}

/** Uses axios, as for B2: it obeys HTTPS_PROXY, HTTP_PROXY and NO_PROXY, which Node 20's fetch does not know. */
async function send(url: URL, { body, userAgent }: Ping, signal: AbortSignal): Promise<'delivered' | Refusal> {
  try {
    const { default: axios } = await import('axios');
    const { status, data } = await axios.post<Readable>(withoutCredentials(url).href, cut(body), {
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': userAgent, ...credentialsOf(url) },
      signal,
      // Only the status matters: do not read the body.
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
  // `stream` drops a character that the cut went through.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_BODY_BYTES), { stream: true });
}

/** The URL's user and password go into a header: only there all UTF-8 characters arrive. */
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

/** Shows the network's code only: axios' errors hold the request, and their messages may hold the URL. */
function problemOf(error: unknown): string {
  const code = errorCode(error) ?? 'the connection failed';
  return code === 'ERR_CANCELED' ? 'interrupted' : code;
}
