import type { Answer } from 'backblaze-b2';
import { RefusedError } from '../../core/errors.ts';
import { unlessAborted, type Clock } from '../../system/clock.ts';
import { ATTEMPTS, pauseMs, withRetries } from '../retry.ts';
import { parseSession, textIn, type Session } from './answers.ts';
import { b2Api, type Authorization, type B2Calls, type B2Key } from './api.ts';
import { B2Failure, b2Error, failureOf, verdictOnCall } from './failure.ts';

export interface B2Account extends B2Key {
  clock: Clock;
  /** How often a call is tried; fewer times where a person waits for the answer. */
  attempts?: number;
}

/** B2, authorized when first needed, and again when a token has expired. */
export interface B2Client {
  /** For messages. */
  readonly host: string;
  readonly clock: Clock;
  session(signal: AbortSignal, attempts?: () => number): Promise<Session>;
  /**
   * An API call that may be repeated, with the retries that Backblaze's integration checklist asks for
   * (https://www.backblaze.com/docs/cloud-storage-integration-checklist).
   *
   * `read` takes what is needed out of the answer; one that it refuses counts as none. `recover` is asked after a failure
   * that may have hidden a success, for a call that must not be made twice.
   *
   * @throws B2Failure when it is refused, or still fails after the last try.
   */
  call<T>(
    send: (b2: B2Calls) => Promise<Answer>,
    read: (answer: Answer) => T,
    signal: AbortSignal,
    options?: { recover?: () => Promise<T | undefined>; attempts?: () => number },
  ): Promise<T>;
  /** A request that is sent once, without a time limit of its own; `attempts` are for a token that it may need first. */
  once(send: (b2: B2Calls) => Promise<Answer>, signal: AbortSignal, attempts?: () => number): Promise<Answer>;
}

type AuthorizedSession = Session & Pick<Authorization, 'calls'>;

/** Finishing a file of thousands of parts takes B2 a while. */
const CALL_TIMEOUT_MS = 120_000;

export function openB2Client({ keyId, applicationKey, apiUrl, clock, attempts = ATTEMPTS }: B2Account): B2Client {
  const host = apiUrl === undefined ? 'api.backblazeb2.com' : new URL(apiUrl).host;
  const api = b2Api({ keyId, applicationKey, apiUrl });
  let current: { session: Promise<AuthorizedSession>; signal: AbortSignal } | undefined;

  const authorize = async (signal: AbortSignal, callAttempts: () => number): Promise<AuthorizedSession> => {
    try {
      return await withRetries(
        async () => {
          const { data, calls } = await api.authorize(signal, CALL_TIMEOUT_MS).catch(asFailure);
          const session = { ...parseSession(data), calls };
          refuseDowngrade(apiUrl, data);
          return session;
        },
        {
          attempts: callAttempts,
          decide: (error, repetition) =>
            error instanceof B2Failure && verdictOnCall(error) === 'wait'
              ? pauseMs(repetition, error.retryAfterMs)
              : undefined,
          clock,
          signal,
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof B2Failure && error.status === 401 && error.code !== 'unsupported') throw keyRefused(error);
      throw b2Error(error, 'authorize', host);
    }
  };

  const begin = (signal: AbortSignal, callAttempts: () => number) => {
    const begun = { session: authorize(signal, callAttempts), signal };
    begun.session.catch(() => {
      if (current === begun) current = undefined;
    });
    return begun;
  };

  /** Many callers may find the token used up at once; one of them renews it for all. */
  const session = async (signal: AbortSignal, callAttempts = () => attempts) => {
    for (;;) {
      const mine = (current ??= begin(signal, callAttempts));
      try {
        return await unlessAborted(mine.session, signal);
      } catch (error) {
        // The request that renewed it was ended; the others go on.
        if (signal.aborted || !mine.signal.aborted) throw error;
      }
    }
  };

  const send = async (
    request: (b2: B2Calls) => Promise<Answer>,
    timeoutMs: number | undefined,
    signal: AbortSignal,
    callAttempts?: () => number,
  ) => {
    const { calls } = await session(signal, callAttempts);
    return await request(calls(signal, timeoutMs)).catch(asFailure);
  };

  return {
    host,
    clock,
    session,
    once: (request, signal, callAttempts) => send(request, undefined, signal, callAttempts),
    call: async (request, read, signal, { recover, attempts: ownAttempts = () => attempts } = {}) => {
      let isRenewed = false;
      return await withRetries(
        async () => {
          await session(signal, ownAttempts);
          const used = current;
          try {
            return read(await send(request, CALL_TIMEOUT_MS, signal, ownAttempts));
          } catch (error) {
            const isExpired = error instanceof B2Failure && verdictOnCall(error) === 'authorize';
            if (isExpired && current === used) current = undefined;
            const recovered = error instanceof B2Failure && !isExpired ? await recover?.() : undefined;
            if (recovered !== undefined) return recovered;
            throw error;
          }
        },
        {
          attempts: ownAttempts,
          decide: (error, repetition) => {
            if (!(error instanceof B2Failure)) return undefined;
            const verdict = verdictOnCall(error);
            if (verdict === 'wait') return pauseMs(repetition, error.retryAfterMs);
            if (verdict === 'fatal' || isRenewed) return undefined;
            isRenewed = true;
            return 0;
          },
          clock,
          signal,
        },
      );
    },
  };
}

async function asFailure(error: unknown): Promise<never> {
  throw await failureOf(error);
}

/** Over HTTPS B2 was asked for the addresses to which the tokens then go. */
function refuseDowngrade(apiUrl: string | undefined, data: unknown): void {
  if (apiUrl?.startsWith('http:') === true) return;
  for (const field of ['apiUrl', 'downloadUrl']) {
    if (textIn(data, field).startsWith('https:')) continue;
    throw new RefusedError(`B2 names an address without TLS (${field}), to which nothing is sent`);
  }
}

function keyRefused({ status, code }: B2Failure): RefusedError {
  return new RefusedError(
    `B2 does not accept the application key: it knows no such key ID with such a key (HTTP ${status}, ${code})`,
    'Compare B2_KEY_ID and B2_APP_KEY (or those of the server) with the App Keys page of the Backblaze account.',
  );
}
