import { RefusedError } from '../../core/errors.ts';
import { within } from '../../system/clock.ts';
import type { Slots } from '../../system/concurrency.ts';
import { pauseMs } from '../retry.ts';
import type { RateLimit } from '../streaming/rate-limit.ts';
import { sendPart } from '../streaming/part-body.ts';
import type { HashedPart, Part } from '../streaming/parts.ts';
import type { ObjectSettings, S3Api, UploadBody } from './api.ts';
import type { S3Client } from './client.ts';
import { failureOf, isUnsupported, malformed, S3Failure, stalled, verdictOn } from './failure.ts';
import type { Head } from './objects.ts';
import { base64Of, sumsOfPart } from './part-sums.ts';
import { findStored, removeDuplicates, SETTLE_WITHIN_MS } from './settle.ts';

/** An upload of one archive, in one request or in parts. */
export interface S3Upload {
  client: S3Client;
  name: string;
  key: string;
  /** Whether each upload to the key becomes a version of it; else a key is taken once. */
  isVersioned: boolean;
  settings: ObjectSettings;
  /** Distinguishes this upload from all others, in the metadata of its object. */
  ticket: string;
  idleMs: number;
  signal: AbortSignal;
  /** Shared by all uploads of this process. */
  slots: Slots;
  /** Shared by all uploads to this destination. */
  rate: RateLimit | undefined;
  /** How often each request is tried. */
  attempts: () => number;
  onProgress: (sentBytes: number) => void;
  /** Called when S3 may have stored a version that the caller knows nothing of. */
  onUnsettled: () => void;
}

/** An object that S3 has stored, as far as it told. */
export interface Stored {
  versionId: string | undefined;
  head: Head | undefined;
}

/** What the service answered to a part. */
export interface Receipt {
  etag: string;
  /** The sum, where the service knows it. */
  sha256: string | undefined;
  versionId: string | undefined;
}

/** A request that brings bytes. */
type SendBody = (
  api: S3Api,
  body: UploadBody,
  sha256: string,
  sending: { abortSignal: AbortSignal },
) => Promise<{
  ETag?: string | undefined;
  ChecksumSHA256?: string | undefined;
  VersionId?: string | undefined;
  ServerSideEncryption?: string | undefined;
}>;

/**
 * Sends a part, whose sums go before it. The signed SHA-256 is compared by every service; besides it knows
 * `x-amz-checksum-sha256` or Content-MD5
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
 */
export async function sendBytes(
  part: Part | HashedPart,
  upload: S3Upload,
  send: SendBody,
): Promise<{ part: HashedPart; receipt: Receipt }> {
  const { client, idleMs, rate, signal, slots, onProgress } = upload;
  using _slot = await slots.take(signal);
  const { sha1, sha256, md5 } = await sumsOfPart(part, { withMd5: client.sums !== 'sha256', signal });
  // Bytes that changed since they were read are not those of this archive.
  if ('sha1' in part && part.sha1 !== sha1) throw malformed('cannot be asked for: the archive changed');
  const hashed = { ...part, sha1, sha256 };
  const sums = {
    ...(client.sums === 'md5' ? {} : { ChecksumSHA256: base64Of(sha256) }),
    ...(md5 === undefined ? {} : { ContentMD5: base64Of(md5) }),
  };
  const { result } = await sendPart(
    hashed,
    { idleMs, rate, signal, onSent: onProgress, stalled },
    async (body, abortSignal) => {
      const ended = new AbortController();
      try {
        return await client.call(
          (api, sending) =>
            send(api, { Body: body.data, ContentLength: body.contentLength, ...sums }, sha256, {
              abortSignal: AbortSignal.any([sending.abortSignal, ended.signal]),
            }),
          abortSignal,
          { isOnce: true },
        );
      } catch (error) {
        // An early answer leaves a request that still waits for its body.
        ended.abort();
        throw error;
      }
    },
  );
  const { ETag: etag, ChecksumSHA256: known, VersionId: versionId, ServerSideEncryption: encryption } = result;
  if (etag === undefined) throw malformed('has no ETag');
  if (known !== undefined && known !== base64Of(sha256)) throw malformed('is about other bytes');
  const digits = /^"?([\da-f]{32})"?$/.exec(etag)?.[1];
  const isPlain = encryption === undefined || encryption === 'AES256';
  if (md5 !== undefined && digits !== undefined && isPlain && digits !== md5) throw malformed('is about other bytes');
  client.sums = known === undefined ? 'md5' : 'sha256';
  return { part: hashed, receipt: { etag, sha256: known, versionId } };
}

/**
 * Sends until that succeeds. A service that refuses the newer sums, or a condition, is asked again without them. `recover`
 * looks after each failure whether it has succeeded.
 *
 * @throws S3Failure of the last try
 */
export async function sendWithRetries<T>(
  { client, attempts, signal }: S3Upload,
  send: () => Promise<T>,
  recover?: (failure: S3Failure) => Promise<T | undefined>,
): Promise<T> {
  const adapted = new Set<string>();
  for (let made = 1; ; made += 1) {
    signal.throwIfAborted();
    const { sums, lacksConditions } = client;
    try {
      return await send();
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error);
      const recovered = await recover?.(failure);
      if (recovered !== undefined) return recovered;
      if (refusesSums(failure) && sums !== 'md5') {
        client.sums = 'md5';
        continue;
      }
      if (isUnsupported(failure) && !lacksConditions) {
        client.lacksConditions = true;
        continue;
      }
      const verdict = verdictOn(failure);
      if (verdict === 'fatal' || (verdict !== 'wait' && adapted.has(verdict))) throw failure;
      if (verdict !== 'wait') {
        adapted.add(verdict);
        continue;
      }
      if (made >= attempts()) throw failure;
      await client.clock.sleep(pauseMs(made, failure.retryAfterMs), signal);
    }
  }
}

/** `Unsupported header 'x-amz-checksum-sha256'`. */
function refusesSums({ status, message }: S3Failure): boolean {
  return (status === 400 || status === 501) && /checksum/i.test(message) && !/match/i.test(message);
}

/**
 * Uploads in one request (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html). Each try may make a new
 * version, so S3 is asked after a failure whether it has stored the archive, and once more at the end.
 */
export async function uploadSingle(part: HashedPart, upload: S3Upload): Promise<Stored> {
  const { client, key, isVersioned, settings } = upload;
  let isAllSent = false;
  /** Whether a try failed after all bytes were sent. */
  let isDoubtful = false;
  const watched: S3Upload = {
    ...upload,
    onProgress: (sentBytes) => {
      isAllSent = sentBytes === part.sizeBytes;
      upload.onProgress(sentBytes);
    },
  };
  const condition = () => (isVersioned || client.lacksConditions ? {} : { IfNoneMatch: '*' as const });
  try {
    const stored = await sendWithRetries<Stored>(
      watched,
      async () => {
        isAllSent = false;
        const { receipt } = await sendBytes(part, watched, (api, body, sha256, sending) =>
          api.put({ Key: key, ...settings, ...condition(), ...body }, sha256, sending),
        );
        return { versionId: receipt.versionId, head: undefined };
      },
      async (failure) => {
        // S3 stores nothing of an upload that was cut short. A taken key may be taken by this very upload.
        if (!isAllSent && failure.status !== 412) return undefined;
        isDoubtful = true;
        return await findStored(upload, upload.signal).catch((error: unknown) => {
          if (error instanceof S3Failure) return undefined;
          throw error;
        });
      },
    );
    if (isDoubtful) await removeDuplicates(upload, stored, upload.signal);
    return stored;
  } catch (error) {
    // The signal of the upload may be the reason of its failure, so this has its own.
    if (isDoubtful || isAllSent) await within(SETTLE_WITHIN_MS, (until) => removeDuplicates(upload, undefined, until));
    throw taken(error, key);
  }
}

/** Another program stored something under the key that was free a moment ago. */
export function taken(error: unknown, key: string): unknown {
  if (!(error instanceof S3Failure) || error.status !== 412) return error;
  return new RefusedError(`another backup has taken the key ${key}`, 'Run again: pgbak run --force');
}
