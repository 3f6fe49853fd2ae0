import type { Answer } from 'backblaze-b2';
import { Secret } from '../../core/secret.ts';
import { type Clock, within } from '../../system/clock.ts';
import type { Slots } from '../../system/concurrency.ts';
import { pauseMs } from '../retry.ts';
import { type FileVersion, parseUploaded, textIn } from './answers.ts';
import { sendPart } from './body.ts';
import type { UploadUrl } from './api.ts';
import type { B2Client } from './client.ts';
import { B2Failure, verdictOnUpload } from './failure.ts';
import { findStored, SETTLE_WITHIN_MS, settleTwins } from './versions.ts';
import type { HashedPart } from '../streaming/parts.ts';

/** What both kinds of upload work with. */
export interface B2Upload {
  client: B2Client;
  bucketId: string;
  name: string;
  /** Kept by B2 beside the file. */
  info: Readonly<Record<string, string>>;
  idleMs: number;
  signal: AbortSignal;
  /** Shared by all uploads of this process. */
  slots: Slots;
  /** How often each request is tried. */
  attempts: () => number;
  onProgress: (sentBytes: number) => void;
  /** Told that B2 may have stored something that the caller knows nothing of. */
  onUnsettled: () => void;
}

export const CONTENT_TYPE = 'application/x-7z-compressed';

/**
 * Uploads in one request (https://www.backblaze.com/apidocs/b2-upload-file). Each upload of a name makes a new version, so
 * that B2 is asked after every failure whether it has stored this one nevertheless; and once more in the end, since a
 * version may show up after an answer that denied it.
 */
export async function uploadSingle(part: HashedPart, upload: B2Upload): Promise<FileVersion> {
  const { client, bucketId, name, info, idleMs, signal, slots, attempts, onProgress } = upload;
  const holder: UrlHolder = {};
  let isAllSent = false;
  /** Whether a try failed that had sent all of it. */
  let isDoubtful = false;
  try {
    const version = await uploadWithRetries({
      holder,
      clock: client.clock,
      signal,
      attempts,
      newUrl: () =>
        client.call(
          (b2) => b2.getUploadUrl(bucketId),
          (answer) => parseUploadUrl(answer),
          signal,
        ),
      send: async (target) => {
        isAllSent = false;
        const onSent = (sentBytes: number) => {
          isAllSent = sentBytes === part.sizeBytes;
          onProgress(sentBytes);
        };
        using _slot = await slots.take(signal);
        const { result } = await sendPart(part, { idleMs, signal, onSent }, (body, sendSignal) =>
          client.once((b2) => b2.uploadFile(target, body, { name, mime: CONTENT_TYPE, info }), sendSignal),
        );
        return parseUploaded(result.data, { name, sizeBytes: part.sizeBytes, sha1: part.sha1 });
      },
      recover: async () => {
        // Of what was not sent to its end, B2 has stored nothing.
        if (!isAllSent) return undefined;
        isDoubtful = true;
        const found = await findStored(upload, part.sha1, signal);
        return found.state === 'stored' ? found.version : undefined;
      },
    });
    if (isDoubtful) await settleTwins(upload, version.id, signal);
    return version;
  } catch (error) {
    // The upload's own signal may be why it is given up.
    if (isDoubtful || isAllSent) await within(SETTLE_WITHIN_MS, (until) => settleTwins(upload, undefined, until));
    throw error;
  }
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
