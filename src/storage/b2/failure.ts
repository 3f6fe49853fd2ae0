import { Readable } from 'node:stream';
import { errorCode, PgbakError, RefusedError, StorageError } from '../../core/errors.ts';
import { KEYS_ARE_IN } from './remedies.ts';

/**
 * Why a request to B2 failed, without the request: axios' errors hold the Authorization header and with it the
 * application key, and must not leave this file.
 */
export class B2Failure extends Error {
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** B2's word for it (`bad_auth_token`), or the network's (`ECONNRESET`). */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  /** The host that was asked: uploads and downloads go to other hosts than the calls. */
  readonly host: string | undefined;

  constructor(
    status: number | undefined,
    code: string,
    message: string,
    more: { retryAfterMs?: number | undefined; host?: string | undefined } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = more.retryAfterMs;
    this.host = more.host;
  }
}

/** The failure of a connection on which nothing moved. */
export function stalled(message: string): B2Failure {
  return new B2Failure(undefined, 'ETIMEDOUT', message);
}

/** The code of an answer that does not have B2's form. */
export const MALFORMED = 'malformed';

/**
 * Makes a `B2Failure` of an error of axios. B2 answers `{status, code, message}`, a proxy anything. A streamed answer is
 * read here, because its open connection would keep the process alive.
 */
export async function failureOf(error: unknown): Promise<B2Failure> {
  if (error instanceof B2Failure) return error;
  const response = fieldOf(error, 'response');
  const status = fieldOf(response, 'status');
  const host = hostOf(fieldOf(fieldOf(error, 'config'), 'url'));
  if (typeof status !== 'number') {
    if (fieldOf(error, 'isAxiosError') !== true && errorCode(error) === undefined) throw error;
    const code = errorCode(error) ?? 'no answer';
    return new B2Failure(undefined, code, code, { host });
  }
  // For axios, a good answer that breaks off is an error with a good status.
  if (status < 300) return new B2Failure(status, MALFORMED, 'the answer broke off', { host });
  const body = fieldOf(response, 'data');
  const data = body instanceof Readable ? await jsonOf(body) : body;
  const code = fieldOf(data, 'code');
  const message = fieldOf(data, 'message');
  return new B2Failure(
    status,
    typeof code === 'string' ? code : '',
    typeof message === 'string' ? oneLine(message) : '',
    { retryAfterMs: retryAfterOf(fieldOf(fieldOf(response, 'headers'), 'retry-after')), host },
  );
}

/** Only the host: the path of an upload URL is a secret. */
function hostOf(url: unknown): string | undefined {
  if (typeof url !== 'string') return undefined;
  try {
    return new URL(url).host;
  } catch {
    return undefined;
  }
}

const MOST_ERROR_BYTES = 64 * 1024;
const READ_ERROR_WITHIN_MS = 5000;

/** The JSON of a streamed answer; undefined where it is none, too long, or too slow. */
async function jsonOf(body: Readable): Promise<unknown> {
  const timer = setTimeout(() => body.destroy(), READ_ERROR_WITHIN_MS);
  try {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MOST_ERROR_BYTES) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/** A field of something that may be no object at all. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Reflect.get(value, name);
}

const LONGEST_WAIT_MS = 15 * 60_000;

/** Seconds or a date (RFC 9110, section 10.2.3). */
function retryAfterOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_WAIT_MS) : undefined;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

type Verdict =
  /** The account's token has expired: authorize, then try again. */
  | 'authorize'
  /** The trouble may pass: wait, then try again. */
  | 'wait'
  | 'fatal';

/** How to go on after a failed call, by Backblaze's integration checklist. */
export function verdictOnCall({ status, code }: B2Failure): Verdict {
  if (status === undefined || code === MALFORMED || status === 408 || status === 429 || status >= 500) return 'wait';
  if (status === 401 && code !== 'unauthorized' && code !== 'unsupported') return 'authorize';
  return 'fatal';
}

/** The same for an upload, whose URL cannot be used again after most failures. */
export function verdictOnUpload(failure: B2Failure): 'new-url' | 'same-url' | 'resend-once' | 'fatal' {
  const { status, code, message } = failure;
  if (status === 429) return 'same-url';
  if (verdictOnCall(failure) !== 'fatal') return 'new-url';
  if (status !== 400) return 'fatal';
  if (code === 'auth_token_limit' || /more than one upload/i.test(message)) return 'new-url';
  return /sha-?1 did not match/i.test(message) ? 'resend-once' : 'fatal';
}

const CAPS: Record<string, string> = {
  storage_cap_exceeded: "the account's storage cap is reached",
  transaction_cap_exceeded: "the account's transaction cap is reached",
  download_cap_exceeded: "the account's download cap is reached",
  cap_exceeded: "one of the account's caps is reached",
};

/**
 * A failure of B2 in words that a user can act on; errors of pgbak itself and bugs stay as they are. `what` is
 * what was tried, after "cannot …": `upload shop.sql.7z to B2`.
 */
export function b2Error(error: unknown, what: string, host: string): unknown {
  if (error instanceof PgbakError || !(error instanceof B2Failure)) return error;
  const { status, code, message } = error;
  const details = [status === undefined ? '' : `HTTP ${status}`, code, message === code ? '' : message]
    .filter((detail) => detail !== '')
    .join(', ');
  if (status === undefined) {
    return new StorageError(
      `cannot ${what}: the connection to ${error.host ?? host} failed (${code})`,
      'Check the network, and https://status.backblaze.com',
    );
  }
  const cap = CAPS[code];
  if (cap !== undefined) {
    return new RefusedError(
      `cannot ${what}: ${cap} (${details})`,
      'Raise the cap on the page "Caps & Alerts" of the Backblaze account.',
    );
  }
  if (code === 'unsupported') {
    return new RefusedError(
      `cannot ${what}: the application key is for several buckets, and pgbak needs one for one bucket or for all (${details})`,
      `Create such a key: Backblaze account, App Keys page. Then correct ${KEYS_ARE_IN}`,
    );
  }
  if (status === 401) {
    return new RefusedError(
      `cannot ${what}: the application key does not allow it (${details})`,
      'The key needs the capabilities listBuckets, listFiles, readFiles and writeFiles for this bucket and name.',
    );
  }
  if (status === 403 && code === 'access_denied') {
    return new RefusedError(`cannot ${what}: access denied, perhaps by Object Lock (${details})`);
  }
  if (code === 'bucket_missing_file_lock') {
    return new RefusedError(
      `cannot ${what}: archives are to be locked (--object-lock-days), and the bucket has no Object Lock (${details})`,
      'Switch it on: b2 bucket update --file-lock-enabled BUCKET. Or store without a lock: pgbak destination edit NAME --object-lock-days 0',
    );
  }
  if (code === MALFORMED) {
    return new StorageError(
      `cannot ${what}: ${error.host ?? host} sends answers that are not those of B2 (${message})`,
      'Check the network: a proxy may answer instead of B2, or cut the answers short.',
    );
  }
  if (status === 404) return new StorageError(`cannot ${what}: not found (${details})`);
  if (status === 429 || status >= 500) {
    return new StorageError(
      `cannot ${what}: B2 fails in spite of several attempts (${details})`,
      'The next run tries again. Is B2 down? See https://status.backblaze.com',
    );
  }
  return new StorageError(`cannot ${what}: B2 refused (${details})`);
}
