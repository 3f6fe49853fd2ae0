import { DoubtfulUploadError, errorMessage } from '../../core/errors.ts';
import { within } from '../../system/clock.ts';
import { numberIn, parseUploaded, textIn, type FileVersion } from './answers.ts';
import { sendSlice } from './body.ts';
import { b2Error, B2Failure, MALFORMED } from './failure.ts';
import { cancelLargeFile, findFinished, SETTLE_WITHIN_MS } from './versions.ts';
import { type B2Upload, CONTENT_TYPE, parseUploadUrl, uploadWithRetries, type UrlHolder } from './upload.ts';
import type { HashedSlice, Slice } from '../streaming/parts.ts';

/** So many parts of one file go up at once, where its process has slots for them. */
export const PARTS_IN_FLIGHT = 4;

/** A slice and its place in the file, from 1 up. */
export interface Part<Kind extends Slice = Slice> {
  number: number;
  slice: Kind;
}

/** Where the parts come from, and what is called for each. */
export interface PartSource {
  /** One by one, in any order; to end on that signal, since another part has failed then. */
  parts: (signal: AbortSignal) => AsyncGenerator<Part<Slice | HashedSlice>>;
  /** Ends it all, with the reason. */
  nothingComes?: AbortSignal;
  /** Told that this large file comes to nothing, before it is cancelled. */
  onGivenUp?: () => void;
  /** Told of each that B2 has acknowledged. */
  onStored?: (part: Part<HashedSlice>) => void;
  /** Asked before all of them become a file. */
  check?: (stored: readonly Part<HashedSlice>[]) => Promise<void>;
}

/** Uploads slices that are all known beforehand, as `uploadInParts` does. */
export async function uploadLarge(slices: readonly HashedSlice[], upload: B2Upload): Promise<FileVersion> {
  return await uploadInParts({ parts: () => inOrder(slices) }, upload);
}

async function* inOrder(slices: readonly HashedSlice[]): AsyncGenerator<Part<HashedSlice>> {
  for (const [index, slice] of slices.entries()) yield await Promise.resolve({ number: index + 1, slice });
}

/**
 * Uploads in parts, several at once, and cancels the file when that does not succeed
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export async function uploadInParts(source: PartSource, upload: B2Upload): Promise<FileVersion> {
  const { client, bucketId, name, info } = upload;
  const { nothingComes = new AbortController().signal } = source;
  const signal = AbortSignal.any([upload.signal, nothingComes]);
  const fileId = await client.call(
    (b2) => b2.startLargeFile({ bucketId, fileName: name, contentType: CONTENT_TYPE, info }),
    ({ data }) => textIn(data, 'fileId'),
    signal,
  );
  let isFinishing = false;
  try {
    const stored = await uploadParts(fileId, source, { ...upload, signal });
    await source.check?.(stored);
    isFinishing = true;
    return await finish(fileId, stored, upload);
  } catch (error) {
    source.onGivenUp?.();
    const isCancelled = await cancel(fileId, upload);
    if (!isFinishing || isCancelled) throw error;
    // What cannot be cancelled any more may well be finished.
    upload.onUnsettled();
    upload.signal.throwIfAborted();
    const reason = errorMessage(b2Error(error, `finish ${name}`, upload.client.host));
    throw new DoubtfulUploadError(
      `B2 was told to finish ${name}, and it could not be found out whether it has: ${reason}`,
      'The next run asks again, and clears up. Look at https://status.backblaze.com, or at the network.',
    );
  }
}

/** Each worker has an upload URL of its own; the first failure ends them all. Returns the parts by their number. */
async function uploadParts(
  fileId: string,
  { parts, onStored }: PartSource,
  upload: B2Upload,
): Promise<Part<HashedSlice>[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([upload.signal, failed.signal]);
  const sentBytes = new Map<number, number>();
  const onSent = (number: number, bytes: number) => {
    sentBytes.set(number, bytes);
    upload.onProgress([...sentBytes.values()].reduce((sum, one) => sum + one, 0));
  };
  const stored: Part<HashedSlice>[] = [];
  // Asked by several at once, a generator answers them in turn.
  const coming = parts(signal);
  const work = async (): Promise<void> => {
    const holder: UrlHolder = {};
    for (let next = await coming.next(); next.done !== true; next = await coming.next()) {
      const part = next.value;
      const onProgress = (bytes: number) => onSent(part.number, bytes);
      const slice = await uploadPart(fileId, part, holder, { ...upload, signal, onProgress });
      stored.push({ ...part, slice });
      onStored?.({ ...part, slice });
    }
  };
  const workers = Array.from({ length: PARTS_IN_FLIGHT }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  upload.signal.throwIfAborted();
  failed.signal.throwIfAborted();
  return stored.toSorted((a, b) => a.number - b.number);
}

/** Sent again, a part replaces itself, so that a lost answer does no harm. */
async function uploadPart(
  fileId: string,
  { number, slice }: Part<Slice | HashedSlice>,
  holder: UrlHolder,
  upload: B2Upload,
): Promise<HashedSlice> {
  const { client, idleMs, signal, slots, attempts, onProgress } = upload;
  return await uploadWithRetries({
    holder,
    clock: client.clock,
    signal,
    attempts,
    newUrl: () =>
      client.call(
        (b2) => b2.getUploadPartUrl(fileId),
        (answer) => parseUploadUrl(answer),
        signal,
        { attempts },
      ),
    send: async (target) => {
      using _slot = await slots.take(signal);
      const onSent = onProgress;
      const { result, ...sums } = await sendSlice(slice, { idleMs, signal, onSent }, (body, sendSignal) => {
        return client.once((b2) => b2.uploadPart(target, body, number), sendSignal, attempts);
      });
      checkPart(result.data, { sizeBytes: slice.sizeBytes, sha1: sums.sha1 });
      return { ...slice, ...sums };
    },
  });
}

async function finish(fileId: string, parts: readonly Part<HashedSlice>[], upload: B2Upload): Promise<FileVersion> {
  const { client, name, info, signal, attempts } = upload;
  const sizeBytes = parts.reduce((sum, { slice }) => sum + slice.sizeBytes, 0);
  return await client.call(
    (b2) =>
      b2.finishLargeFile(
        fileId,
        parts.map(({ slice }) => slice.sha1),
      ),
    ({ data }) => parseUploaded(data, { name, sizeBytes, sha1: info['large_file_sha1'] }),
    signal,
    {
      // B2 refuses to finish twice; what tells whether a lost answer was a good one is the file itself.
      recover: async () => {
        const found = await findFinished(fileId, upload);
        return found.state === 'stored' ? found.version : undefined;
      },
      attempts,
    },
  );
}

/** An answer that speaks of other bytes is not one to this part. */
function checkPart(data: unknown, sent: { sizeBytes: number; sha1: string }): void {
  const isSame = numberIn(data, 'contentLength') === sent.sizeBytes && textIn(data, 'contentSha1') === sent.sha1;
  if (!isSame) throw new B2Failure(200, MALFORMED, 'the answer to a part speaks of other bytes');
}

/**
 * Unfinished files are billed until somebody cancels them. What cannot be cancelled now (the network is gone) is found
 * before the next upload of that name. False where that file is not unfinished, or could not be asked for.
 */
async function cancel(fileId: string, { client }: B2Upload): Promise<boolean> {
  // The upload's own signal may be why it is given up.
  return await within(SETTLE_WITHIN_MS, (until) => cancelLargeFile(client, fileId, until)).catch(() => false);
}
