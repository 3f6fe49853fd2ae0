import type { Answer } from 'backblaze-b2';
import { Secret } from '../../core/secret.ts';
import { textIn } from './answers.ts';
import { B2Failure, verdictOnUpload } from './failure.ts';
import { pauseMs } from '../retry.ts';
import type { Clock } from '../../system/clock.ts';

/** Where one upload at a time may go, until the first that fails. */
export interface UploadUrl {
  url: string;
  token: Secret;
}

/** Keeps a worker's URL from one upload to the next. */
export interface UrlHolder {
  current?: UploadUrl | undefined;
}

export function parseUploadUrl({ data }: Answer): UploadUrl {
  return { url: textIn(data, 'uploadUrl'), token: new Secret(textIn(data, 'authorizationToken')) };
}

/**
 * Uploads once, again with a new URL after what may pass, and gives up on what will not. `recover` is asked after each
 * failure, which may have hidden a success, of any status.
 *
 * @throws B2Failure of the last try
 */
export async function uploadWithRetries<T>(options: {
  holder: UrlHolder;
  newUrl: () => Promise<UploadUrl>;
  send: (target: UploadUrl) => Promise<T>;
  recover?: () => Promise<T | undefined>;
  attempts: () => number;
  clock: Clock;
  signal: AbortSignal;
}): Promise<T> {
  const { holder, newUrl, send, recover, attempts, clock, signal } = options;
  let isResent = false;
  for (let made = 1; ; made += 1) {
    signal.throwIfAborted();
    holder.current ??= await newUrl();
    try {
      return await send(holder.current);
    } catch (error) {
      signal.throwIfAborted();
      const verdict = error instanceof B2Failure ? verdictOnUpload(error) : 'fatal';
      if (verdict !== 'same-url') holder.current = undefined;
      if (!(error instanceof B2Failure)) throw error;
      const recovered = await recover?.();
      if (recovered !== undefined) return recovered;
      if (verdict === 'fatal') throw error;
      if (made >= attempts() || (verdict === 'resend-once' && isResent)) throw error;
      isResent ||= verdict === 'resend-once';
      // B2 expects a client to turn to another URL at once; only one that fails again is to slow down.
      const isFirstTurn = made === 1 && verdict === 'new-url' && error.retryAfterMs === undefined;
      if (!isFirstTurn) await clock.sleep(pauseMs(made, error.retryAfterMs), signal);
    }
  }
}
