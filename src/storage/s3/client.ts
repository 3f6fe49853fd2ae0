import type { Clock } from '../../system/clock.ts';
import { limitTo, unlessAborted } from '../../system/clock.ts';
import { ATTEMPTS, pauseMs, withRetries } from '../retry.ts';
import type { S3Account } from './account.ts';
import type { S3Api } from './api.ts';
import { failureOf, isSkewed, S3Failure, stalled, verdictOn } from './failure.ts';

export interface S3ClientOptions {
  account: S3Account;
  clock: Clock;
  idleMs: number;
  /** How often a call is tried; less often while a person waits. */
  attempts?: number | undefined;
}

/** S3, opened when first needed, and anew where credentials have expired or the bucket is in another region. */
export interface S3Client {
  /** For messages. */
  readonly host: string;
  readonly clock: Clock;
  readonly account: S3Account;
  /** Which sums the service knows, as its answers tell; undefined until the first. */
  sums: 'sha256' | 'md5' | undefined;
  /** Whether the service refuses to take a key only where none is yet. */
  lacksConditions: boolean;
  /**
   * A call that may be repeated. `recover` looks, after a failure, whether a call that must not be made twice has succeeded.
   *
   * @throws S3Failure when the call is refused, or fails in the last try
   */
  call<T>(
    send: (api: S3Api, sending: { abortSignal: AbortSignal }) => Promise<T>,
    signal: AbortSignal,
    options?: CallOptions<T>,
  ): Promise<T>;
}

export interface CallOptions<T> {
  recover?: () => Promise<T | undefined>;
  attempts?: () => number;
  /** The request brings bytes that are used up then, and has limits of its own. */
  isOnce?: boolean;
}

/** S3 takes minutes to complete an upload of thousands of parts, and sends spaces meanwhile. */
const CALL_TIMEOUT_MS = 600_000;

export function openS3Client({ account, clock, idleMs, attempts = ATTEMPTS }: S3ClientOptions): S3Client {
  let current: Promise<S3Api> | undefined;
  let region: string | undefined;
  const host = { name: account.endpoint === undefined ? 'amazonaws.com' : new URL(account.endpoint).host };

  const open = async (): Promise<S3Api> => {
    const { openApi } = await import('./api.ts');
    return await openApi(account, region, idleMs);
  };

  /** Several callers may find the credentials expired at once. One of them opens it for all. */
  const reopen = (used: Promise<S3Api>) => {
    // Requests of others are still on their way through the old one.
    if (current === used) current = undefined;
  };

  /** Whether another attempt may do better at once. */
  const adapt = (failure: S3Failure, used: Promise<S3Api>, askedRegion: string): boolean => {
    const verdict = verdictOn(failure);
    if (verdict === 'region') {
      if (failure.region === undefined || failure.region === askedRegion) return false;
      region = failure.region;
    }
    if (!isSkewed(failure)) reopen(used);
    return true;
  };

  const once = async <T>(
    send: (api: S3Api, sending: { abortSignal: AbortSignal }) => Promise<T>,
    used: Promise<S3Api>,
    signal: AbortSignal,
    isUnlimited: boolean,
  ): Promise<T> => {
    const api = await unlessAborted(used, signal);
    if (isUnlimited) return await send(api, { abortSignal: signal });
    using limit = limitTo(CALL_TIMEOUT_MS, signal);
    try {
      return await send(api, { abortSignal: limit.signal });
    } catch (error) {
      throw limit.isOver() ? stalled('no answer came in time') : error;
    }
  };

  return {
    host: host.name,
    clock,
    account,
    sums: undefined,
    lacksConditions: false,
    call: async (send, signal, { recover, attempts: ownAttempts = () => attempts, isOnce = false } = {}) => {
      const adapted = new Set<string>();
      return await withRetries(
        async () => {
          const used = (current ??= open());
          try {
            return await once(send, used, signal, isOnce);
          } catch (error) {
            signal.throwIfAborted();
            const failure = failureOf(error);
            const verdict = verdictOn(failure);
            const isNew = !adapted.has(verdict);
            adapted.add(verdict);
            if (verdict === 'renew' || verdict === 'region') {
              const isBetter = isNew && adapt(failure, used, await (await used).region());
              throw isBetter && !isOnce ? new Adapted(failure) : failure;
            }
            if (isOnce) throw failure;
            const recovered = await recover?.();
            if (recovered !== undefined) return recovered;
            throw verdict === 'once' && isNew ? new Adapted(failure) : failure;
          }
        },
        {
          attempts: () => (isOnce ? 1 : Math.max(ownAttempts(), adapted.size + 1)),
          decide: (error, repetition) => {
            if (error instanceof Adapted) return 0;
            if (!(error instanceof S3Failure) || verdictOn(error) !== 'wait') return undefined;
            return pauseMs(repetition, error.retryAfterMs);
          },
          clock,
          signal,
        },
      ).catch((error: unknown) => {
        throw error instanceof Adapted ? error.failure : error;
      });
    },
  };
}

/** A failure whose reason is mended by now. */
class Adapted extends Error {
  readonly failure: S3Failure;

  constructor(failure: S3Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
