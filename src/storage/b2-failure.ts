import { errorCode } from '../errors.ts';

/**
 * Why a request to B2 failed, with nothing of the request in it: axios' own errors hold the Authorization header, the
 * application key among them, and must not get any further than here.
 */
export class B2Failure extends Error {
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** B2's word for it (`bad_auth_token`), or the network's (`ECONNRESET`). */
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number | undefined, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** B2 answers `{status, code, message}`; a proxy before it may answer anything. */
export function failureOf(error: unknown): B2Failure {
  if (error instanceof B2Failure) return error;
  const response = fieldOf(error, 'response');
  const status = fieldOf(response, 'status');
  if (typeof status !== 'number') {
    if (fieldOf(error, 'isAxiosError') !== true && errorCode(error) === undefined) throw error;
    const code = errorCode(error) ?? 'no answer';
    return new B2Failure(undefined, code, code);
  }
  const data = fieldOf(response, 'data');
  const code = fieldOf(data, 'code');
  const message = fieldOf(data, 'message');
  return new B2Failure(
    status,
    typeof code === 'string' ? code : '',
    typeof message === 'string' ? oneLine(message) : '',
    retryAfterOf(fieldOf(fieldOf(response, 'headers'), 'retry-after')),
  );
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

export type Verdict =
  /** The account's token is used up: authorize, then the same again. */
  | 'authorize'
  /** It may pass: wait, then the same again. */
  | 'wait'
  | 'fatal';

/** What Backblaze's integration checklist asks of a client whose API call failed. */
export function verdictOnCall({ status, code }: B2Failure): Verdict {
  if (status === undefined || status === 408 || status === 429 || status >= 500) return 'wait';
  if (status === 401 && code !== 'unauthorized' && code !== 'unsupported') return 'authorize';
  return 'fatal';
}

/** The same for an upload, whose URL is good for nothing after most failures. */
export function verdictOnUpload(failure: B2Failure): 'new-url' | 'same-url' | 'resend-once' | 'fatal' {
  const { status, code, message } = failure;
  if (status === 429) return 'same-url';
  if (verdictOnCall(failure) !== 'fatal') return 'new-url';
  if (status !== 400) return 'fatal';
  if (code === 'auth_token_limit' || /more than one upload/i.test(message)) return 'new-url';
  return /sha-?1 did not match/i.test(message) ? 'resend-once' : 'fatal';
}
