import type { Answer } from 'backblaze-b2';
import { RefusedError, StorageError } from '../../core/errors.ts';
import { noObjectLock } from '../object-lock.ts';
import { type Clock, unlessAborted } from '../../system/clock.ts';
import { ATTEMPTS, pauseMs, withRetries } from '../retry.ts';
import { bucketsIn, parseSession, type Session, textIn } from './answers.ts';
import { type Authorization, b2Api, type B2Calls, type B2Key } from './api.ts';
import { b2Error, B2Failure, failureOf, fieldOf, verdictOnCall } from './failure.ts';
import { BUCKET_IS_IN, KEYS_ARE_IN } from './remedies.ts';

export interface B2Account extends B2Key {
  clock: Clock;
  /** How often a call is tried; less often while a person waits. */
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
   * `read` takes the result out of the answer; an answer that it refuses counts as none. `recover` looks, after a failure,
   * whether a call that must not be made twice has succeeded.
   *
   * @throws B2Failure when the call is refused, or fails in the last try
   */
  call<T>(
    send: (b2: B2Calls) => Promise<Answer>,
    read: (answer: Answer) => T,
    signal: AbortSignal,
    options?: { recover?: () => Promise<T | undefined>; attempts?: () => number },
  ): Promise<T>;
  /** Sends a request once, without a time limit. `attempts` are for the token that it may need first. */
  once(send: (b2: B2Calls) => Promise<Answer>, signal: AbortSignal, attempts?: () => number): Promise<Answer>;
}

type AuthorizedSession = Session & Pick<Authorization, 'calls'>;

/** B2 takes a while to finish a file of thousands of parts. */
const CALL_TIMEOUT_MS = 120_000;

export function openB2Client({ keyId, applicationKey, apiUrl, clock, attempts = ATTEMPTS }: B2Account): B2Client {
  const host = apiUrl === undefined ? 'api.backblazeb2.com' : new URL(apiUrl).host;
  const api = b2Api({ keyId, applicationKey, apiUrl });
  let current: { session: Promise<AuthorizedSession>; signal: AbortSignal } | undefined;

  const authorize = async (signal: AbortSignal, callAttempts: () => number): Promise<AuthorizedSession> => {
    await api.load();
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
      throw b2Error(error, 'log in to B2', host);
    }
  };

  const begin = (signal: AbortSignal, callAttempts: () => number) => {
    const begun = { session: authorize(signal, callAttempts), signal };
    begun.session.catch(() => {
      if (current === begun) current = undefined;
    });
    return begun;
  };

  /** Several callers may find the token expired at once. One of them renews it for all. */
  const session = async (signal: AbortSignal, callAttempts = () => attempts) => {
    for (;;) {
      const mine = (current ??= begin(signal, callAttempts));
      try {
        return await unlessAborted(mine.session, signal);
      } catch (error) {
        // The caller that renewed it was interrupted; the others go on.
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

/** B2 was asked over HTTPS, so the addresses that get the tokens must use TLS too. */
function refuseDowngrade(apiUrl: string | undefined, data: unknown): void {
  if (apiUrl?.startsWith('http:') === true) return;
  for (const field of ['apiUrl', 'downloadUrl']) {
    if (textIn(data, field).startsWith('https:')) continue;
    throw new RefusedError(`B2 named an address without TLS (${field}), and pgbak sends nothing there`);
  }
}

function keyRefused({ status, code }: B2Failure): RefusedError {
  return new RefusedError(
    `B2 does not accept the application key: the key ID or the key is wrong (HTTP ${status}, ${code})`,
    `Compare both with the App Keys page of the Backblaze account. Then correct ${KEYS_ARE_IN}`,
  );
}

/**
 * The id of a bucket. A key of one bucket brings it along, and may often not ask for it; any other key looks it up by name
 * (https://www.backblaze.com/apidocs/b2-list-buckets).
 */
export async function findBucketId(client: B2Client, bucket: string, signal: AbortSignal): Promise<string> {
  const { allowed } = await client.session(signal);
  if (allowed.bucketId !== undefined && allowed.bucketName === bucket) return allowed.bucketId;
  if (allowed.bucketId !== undefined) {
    throw new StorageError(
      allowed.bucketName === undefined
        ? `the application key is for a bucket that was deleted, not for ${bucket}`
        : `the application key is for the bucket ${allowed.bucketName}, not for ${bucket}`,
      `Use a key for that bucket. Or correct ${BUCKET_IS_IN}`,
    );
  }
  const match = await findBucket(client, bucket, signal);
  if (match === undefined) {
    throw new StorageError(
      `there is no bucket ${bucket} in this B2 account`,
      `Create the bucket (private) at Backblaze. Or correct ${BUCKET_IS_IN}`,
    );
  }
  return textIn(match, 'bucketId');
}

/** What B2 says of a bucket; undefined where the account has none of that name. Needs the capability `listBuckets`. */
export async function findBucket(client: B2Client, bucket: string, signal: AbortSignal): Promise<unknown> {
  return await client.call(
    (b2) => b2.getBucket(bucket),
    ({ data }) => bucketsIn(data).find((one) => fieldOf(one, 'bucketName') === bucket),
    signal,
  );
}

/** Fails before hours of dumping where the key could not store the archive. */
export async function checkMayStore(client: B2Client, name: string, signal: AbortSignal): Promise<void> {
  const { allowed } = await client.session(signal);
  if (!allowed.capabilities.includes('writeFiles')) {
    throw new StorageError(
      'the application key lacks the capability writeFiles',
      'Create a key with read and write access to the bucket: Backblaze account, App Keys page.',
    );
  }
  const { namePrefix } = allowed;
  if (namePrefix !== undefined && !name.startsWith(namePrefix)) {
    throw new StorageError(
      `the application key may only store names that begin with ${namePrefix}, and ${name} does not`,
      `Give the server an archive name under it: --archive-name ${namePrefix}…`,
    );
  }
}

/** Fails early where the key or the bucket could not lock the archive. A key that may not ask for the bucket's lock is believed. */
export async function checkMayLock(client: B2Client, bucket: string, signal: AbortSignal): Promise<void> {
  const { capabilities } = (await client.session(signal)).allowed;
  if (!capabilities.includes('writeFileRetentions')) {
    throw new StorageError(
      'archives are to be locked (--object-lock-days), and the application key lacks the capability writeFileRetentions',
      'Create a key with it: b2 key create --bucket BUCKET NAME listBuckets,listFiles,readFiles,writeFiles,writeFileRetentions,readFileRetentions,readBucketRetentions',
    );
  }
  if (!capabilities.includes('listBuckets') || !capabilities.includes('readBucketRetentions')) return;
  const found = await findBucket(client, bucket, signal);
  const lock = fieldOf(fieldOf(found, 'fileLockConfiguration'), 'value');
  if (fieldOf(lock, 'isFileLockEnabled') === false) {
    throw noObjectLock(bucket, `b2 bucket update --file-lock-enabled ${bucket}`);
  }
}

/** The capabilities that pgbak uses, beyond storing (https://www.backblaze.com/docs/cloud-storage-application-keys). */
const USES: readonly [capability: string, withoutIt: string][] = [
  ['listFiles', 'it may not list files (listFiles): pgbak cannot verify, prune, or remove what a lost connection left'],
  ['readFiles', 'it may not read files (readFiles): restore and verify need another key'],
];

/** What the application key does not allow, a sentence each. A key that may not remove files is recommended. */
export async function limitsOfKey(client: B2Client, signal: AbortSignal): Promise<string[]> {
  const { capabilities } = (await client.session(signal)).allowed;
  return USES.flatMap(([capability, sentence]) => (capabilities.includes(capability) ? [] : [sentence]));
}
