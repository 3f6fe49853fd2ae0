import type { Answer } from 'backblaze-b2';
import { Secret } from '../../core/secret.ts';
import { within } from '../../system/clock.ts';
import type { Slots } from '../../system/concurrency.ts';
import { pauseMs } from '../retry.ts';
import { type FileVersion, parseUploaded, textIn } from './answers.ts';
import type { RateLimit } from '../streaming/rate-limit.ts';
import { sendPart } from '../streaming/part-body.ts';
import type { Retention, UploadUrl } from './api.ts';
import type { B2Client } from './client.ts';
import { B2Failure, stalled, verdictOnUpload } from './failure.ts';
import { findStored, SETTLE_WITHIN_MS, removeDuplicates } from './versions.ts';
import type { HashedPart } from '../streaming/parts.ts';

/** An upload of one archive, in one request or in parts. */
export interface B2Upload {
  client: B2Client;
  bucketId: string;
  name: string;
  /** Kept by B2 beside the file. */
  info: Readonly<Record<string, string>>;
  /** Forbids to remove the file for a time. */
  retention: Retention | undefined;
  idleMs: number;
  signal: AbortSignal;
  /** Shared by all uploads of this process. */
  slots: Slots;
  /** Shared by all uploads to this destination. */
  rate: RateLimit | undefined;
  /** How often each request is tried. */
  attempts: () => number;
  onProgress: (sentBytes: number) => void;
  /** Called when B2 may have stored a version that the caller knows nothing of. */
  onUnsettled: () => void;
}

export const CONTENT_TYPE = 'application/x-7z-compressed';

/**
 * Uploads in one request (https://www.backblaze.com/apidocs/b2-upload-file). Each try may make a new version, so B2 is
 * asked after a failure whether it has stored the archive, and once more at the end: a version may show up late.
 */
export async function uploadSingle(part: HashedPart, upload: B2Upload): Promise<FileVersion> {
  const { client, bucketId, name, info, retention, idleMs, rate, signal, slots, onProgress } = upload;
  const holder: UrlHolder = {};
  let isAllSent = false;
  /** Whether a try failed after all bytes were sent. */
  let isDoubtful = false;
  try {
    const version = await uploadWithRetries(upload, {
      holder,
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
        const { result } = await sendPart(part, { idleMs, rate, signal, onSent, stalled }, (body, sendSignal) =>
          client.once((b2) => b2.uploadFile(target, body, { name, mime: CONTENT_TYPE, info, retention }), sendSignal),
        );
        return parseUploaded(result.data, { name, sizeBytes: part.sizeBytes, sha1: part.sha1 });
      },
      recover: async () => {
        // B2 stores nothing of an upload that was cut short.
        if (!isAllSent) return undefined;
        isDoubtful = true;
        const found = await findStored(upload, part.sha1, signal);
        return found.state === 'stored' ? found.version : undefined;
      },
    });
    if (isDoubtful) await removeDuplicates(upload, version.id, signal);
    return version;
  } catch (error) {
    // The signal of the upload may be the reason of its failure, so this has its own.
    if (isDoubtful || isAllSent) await within(SETTLE_WITHIN_MS, (until) => removeDuplicates(upload, undefined, until));
    throw error;
  }
}

/** The upload URL of one worker, kept from one part to the next. */
export interface UrlHolder {
  current?: UploadUrl | undefined;
}

export function parseUploadUrl({ data }: Answer): UploadUrl {
  return { url: textIn(data, 'uploadUrl'), token: new Secret(textIn(data, 'authorizationToken')) };
}

/**
 * Uploads, and tries again with a new URL after a failure that may pass. `recover` looks after each failure of any status
 * whether the upload has succeeded.
 *
 * @throws B2Failure of the last try
 */
export async function uploadWithRetries<T>(
  { client: { clock }, attempts, signal }: B2Upload,
  options: {
    holder: UrlHolder;
    newUrl: () => Promise<UploadUrl>;
    send: (target: UploadUrl) => Promise<T>;
    recover?: () => Promise<T | undefined>;
  },
): Promise<T> {
  const { holder, newUrl, send, recover } = options;
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
      // B2 expects the first change of the URL at once, and pauses only before the next ones.
      const isFirstTurn = made === 1 && verdict === 'new-url' && error.retryAfterMs === undefined;
      if (!isFirstTurn) await clock.sleep(pauseMs(made, error.retryAfterMs), signal);
    }
  }
}
