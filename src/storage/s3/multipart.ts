import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoubtfulUploadError, errorMessage } from '../../core/errors.ts';
import { graceAfter, within } from '../../system/clock.ts';
import type { HashedPart } from '../streaming/parts.ts';
import type { PartUpload } from '../streaming/send-parts.ts';
import { isGone, isUnsupported, malformed, S3Failure, s3Error } from './failure.ts';
import { hasSum, sumOfParts } from './confirm.ts';
import { markOf } from './keys.ts';
import { findStored, SETTLE_WITHIN_MS } from './settle.ts';
import { sendBytes, sendWithRetries, taken, type Receipt, type S3Upload, type Stored } from './upload.ts';

/**
 * Begins a multipart upload (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html), and marks it as this
 * catalogue's. `signal` ends its beginning alone.
 */
export async function beginMultipart(
  upload: S3Upload,
  owner: string,
  signal: AbortSignal,
): Promise<PartUpload<Stored>> {
  const { client, name, key, settings } = upload;
  const receipts = new Map<number, Receipt>();
  const UploadId = await sendWithRetries({ ...upload, signal }, async () => {
    const algorithm = client.sums === 'md5' ? {} : { ChecksumAlgorithm: 'SHA256' as const };
    // Of a request that was broken off the service may still begin an upload, and only the answer tells its id.
    using grace = graceAfter(signal, SETTLE_WITHIN_MS);
    const answer = await client.call(
      (api, sending) => api.createUpload({ Key: key, ...settings, ...algorithm }, sending),
      grace.signal,
      { attempts: () => 1 },
    );
    if (answer.UploadId === undefined) throw malformed('names no upload');
    return answer.UploadId;
  });
  const cancel = () =>
    within(SETTLE_WITHIN_MS, (until) => abortUpload(upload, { Key: key, UploadId }, until)).catch(() => false);
  try {
    await putMark();
  } catch (error) {
    await cancel();
    throw error;
  }
  return {
    openSender: () => async (part, sending) => {
      const sent = await sendOne(part, { ...upload, ...sending });
      receipts.set(part.number, sent.receipt);
      return sent.part;
    },
    finish: (parts) => finish(parts),
    // The signal of the upload may be why it is cancelled. What cannot be cancelled now is swept before the next upload.
    cancel,
    doubt: (error) => {
      upload.onUnsettled();
      upload.signal.throwIfAborted();
      const reason = errorMessage(s3Error(error, `finish the upload of ${name} to S3`, client.host));
      return new DoubtfulUploadError(
        `it is not known whether S3 has stored ${name}: ${reason}`,
        'The next run asks S3 again, and cleans up. Check the network, and the status page of the service.',
      );
    },
  };

  /** Sent again, a part replaces itself, so a lost answer does no harm. */
  function sendOne(part: Parameters<typeof sendBytes>[0], sending: S3Upload) {
    const place = { Key: key, UploadId, PartNumber: part.number };
    return sendWithRetries(sending, () =>
      sendBytes(part, sending, (api, body, sha256, options) => api.uploadPart({ ...place, ...body }, sha256, options)),
    );
  }

  /** The first part is sent last, and replaces the mark. */
  async function putMark(): Promise<void> {
    const { bytes } = markOf(owner);
    await withTemporaryFile(bytes, async (path) => {
      await sendOne(
        { path, number: 1, startByte: 0, sizeBytes: bytes.length },
        { ...upload, signal, onProgress: () => {} },
      );
    });
  }

  /** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
  async function finish(parts: readonly HashedPart[]): Promise<Stored> {
    const { isVersioned, signal: whole, attempts } = upload;
    const list = parts.map(({ number }) => {
      const receipt = receipts.get(number);
      if (receipt === undefined) throw new Error(`part ${number} was never sent`);
      const sum = receipt.sha256 === undefined ? {} : { ChecksumSHA256: receipt.sha256 };
      return { PartNumber: number, ETag: receipt.etag, ...sum };
    });
    try {
      return await sendWithRetries(upload, async () => {
        const condition = isVersioned || client.lacksConditions ? {} : { IfNoneMatch: '*' as const };
        return await client.call<Stored>(
          async (api, sending) => {
            const answer = await api.completeUpload({ Key: key, UploadId, parts: list, ...condition }, sending);
            if (answer.ETag === undefined) throw malformed('has no ETag');
            if (!hasSum(answer.ChecksumSHA256, sumOfParts(parts))) throw malformed('tells another sum');
            return { versionId: answer.VersionId, head: undefined };
          },
          whole,
          // S3 refuses to complete twice. After a lost answer, the object itself tells whether it is there.
          { recover: () => findStored(upload, whole).catch(() => undefined), attempts },
        );
      });
    } catch (error) {
      throw taken(error, key);
    }
  }
}

/** Cancels an unfinished upload. False where it was finished or cancelled before, or cannot be cancelled. */
async function abortUpload(
  { client }: Pick<S3Upload, 'client'>,
  upload: { Key: string; UploadId: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.call((api, sending) => api.abortUpload(upload, sending), signal);
    return true;
  } catch (error) {
    if (error instanceof S3Failure && (isGone(error) || isUnsupported(error))) return false;
    throw error;
  }
}

/** Without a part for so long: its beginning was asked for twice, as the first answer was lost. */
const EMPTY_FOR_MS = 24 * 3_600_000;

/**
 * Cancels the unfinished uploads to keys that `isOurs` which this catalogue began, or of which nothing ever came. Returns a
 * sentence for each.
 */
export async function abortUnfinished(
  { client }: Pick<S3Upload, 'client'>,
  { prefix, nameOf, owner }: { prefix: string; nameOf: (key: string) => string | undefined; owner: string },
  signal: AbortSignal,
): Promise<string[]> {
  const aborted: string[] = [];
  const mark = markOf(owner);
  let marker: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const asked = { Prefix: prefix, ...marker };
    const answer = await client.call((api, sending) => api.listUploads(asked, sending), signal).catch(unsupported);
    for (const { Key, UploadId, Initiated } of answer?.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      const name = nameOf(Key);
      if (name === undefined || !(await isOwn({ Key, UploadId }, Initiated))) continue;
      if (!(await abortUpload({ client }, { Key, UploadId }, signal))) continue;
      aborted.push(
        `cancelled the unfinished upload of ${name} begun at ${Initiated?.toISOString() ?? 'an unknown time'}`,
      );
    }
    if (answer?.IsTruncated !== true || answer.NextKeyMarker === undefined) break;
    marker = {
      KeyMarker: answer.NextKeyMarker,
      ...(answer.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: answer.NextUploadIdMarker }),
    };
  }
  return aborted;

  async function isOwn(upload: { Key: string; UploadId: string }, begunAt: Date | undefined): Promise<boolean> {
    try {
      const { Parts = [] } = await client.call(
        (api, sending) => api.listParts({ ...upload, MaxParts: 1 }, sending),
        signal,
      );
      const [first] = Parts;
      if (first === undefined) return begunAt !== undefined && begunAt.getTime() < Date.now() - EMPTY_FOR_MS;
      if (first.PartNumber !== 1 || first.Size !== mark.bytes.length) return false;
      return first.ChecksumSHA256 === mark.sha256 || first.ETag?.replaceAll('"', '') === mark.md5;
    } catch (error) {
      if (error instanceof S3Failure && (isGone(error) || isUnsupported(error))) return false;
      throw error;
    }
  }
}

const MOST_PAGES = 100;

function unsupported(error: unknown): undefined {
  if (error instanceof S3Failure && isUnsupported(error)) return undefined;
  throw error;
}

/** Proves that bytes can be stored, and leaves none: begins an upload with its mark, and cancels that. */
export async function probeUpload(upload: S3Upload, owner: string): Promise<void> {
  const begun = await beginMultipart(upload, owner, upload.signal);
  await begun.cancel();
}

/** A few bytes as a file, since parts are read from files. */
async function withTemporaryFile(bytes: Buffer, work: (path: string) => Promise<void>): Promise<void> {
  const path = join(tmpdir(), `pgbak-mark-${randomUUID()}`);
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
    await work(path);
  } finally {
    await rm(path, { force: true });
  }
}
