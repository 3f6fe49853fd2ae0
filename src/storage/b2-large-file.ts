import type { Answer } from 'backblaze-b2';
import { parseFileVersion, textIn, type FileVersion } from './b2-answers.ts';
import { sendSlice, type Slice } from './b2-body.ts';
import { fieldOf } from './b2-failure.ts';
import { CONTENT_TYPE, type B2Upload } from './b2-single.ts';
import { parseUploadUrl, uploadWithRetries, type UrlHolder } from './b2-upload-url.ts';

/** One upload's bandwidth is bounded by B2's side of it; what is in flight bounds our memory and sockets. */
const PARTS_IN_FLIGHT = 4;
const CANCEL_WITHIN_MS = 15_000;

/**
 * Uploads in parts, several at once, and cancels the file when that does not succeed
 * (https://www.backblaze.com/docs/cloud-storage-large-files).
 */
export async function uploadLarge(slices: readonly Slice[], upload: B2Upload): Promise<FileVersion> {
  const { client, bucketId, name, info, signal } = upload;
  const answer = await client.call(
    (b2, axios) =>
      b2.startLargeFile({
        bucketId,
        fileName: name,
        contentType: CONTENT_TYPE,
        // The package knows no file info here.
        axiosOverride: { data: { fileInfo: info } },
        axios,
      }),
    signal,
  );
  const fileId = textIn(answer.data, 'fileId');
  try {
    await uploadParts(fileId, slices, upload);
    return await finish(fileId, slices, upload);
  } catch (error) {
    await cancel(fileId, upload);
    throw error;
  }
}

/** Each worker has an upload URL of its own; the first failure ends them all. */
async function uploadParts(fileId: string, slices: readonly Slice[], upload: B2Upload): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([upload.signal, failed.signal]);
  const sentBytes = slices.map(() => 0);
  const onSent = (index: number, bytes: number) => {
    sentBytes[index] = bytes;
    upload.onProgress(sentBytes.reduce((sum, one) => sum + one, 0));
  };
  const waiting = slices.entries();
  const work = async (): Promise<void> => {
    const holder: UrlHolder = {};
    for (const [index, slice] of waiting) {
      const part = { fileId, number: index + 1, slice };
      await uploadPart(part, holder, { ...upload, signal, onProgress: (bytes) => onSent(index, bytes) });
    }
  };
  const workers = Array.from({ length: Math.min(PARTS_IN_FLIGHT, slices.length) }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  upload.signal.throwIfAborted();
  failed.signal.throwIfAborted();
}

interface Part {
  fileId: string;
  number: number;
  slice: Slice;
}

/** Sent again, a part replaces itself, so that a lost answer does no harm. */
async function uploadPart({ fileId, number, slice }: Part, holder: UrlHolder, upload: B2Upload): Promise<void> {
  const { client, idleMs, signal, onProgress } = upload;
  await uploadWithRetries({
    holder,
    clock: client.clock,
    signal,
    newUrl: async () =>
      parseUploadUrl(await client.call((b2, axios) => b2.getUploadPartUrl({ fileId, axios }), signal)),
    send: async ({ url, token }) =>
      await sendSlice(slice, { idleMs, signal, onSent: onProgress }, (data, sendSignal) =>
        client.once(
          (b2, axios) =>
            b2.uploadPart({
              uploadUrl: url,
              uploadAuthToken: token.reveal(),
              partNumber: number,
              data,
              hash: slice.sha1,
              contentLength: slice.sizeBytes,
              axios,
            }),
          sendSignal,
        ),
      ),
  });
}

async function finish(fileId: string, slices: readonly Slice[], upload: B2Upload): Promise<FileVersion> {
  const { client, signal } = upload;
  const { data } = await client.call(
    (b2, axios) => b2.finishLargeFile({ fileId, partSha1Array: slices.map(({ sha1 }) => sha1), axios }),
    signal,
    // B2 refuses to finish twice; what tells whether a lost answer was a good one is the file itself.
    () => findFinished(fileId, upload),
  );
  return parseFileVersion(data);
}

async function findFinished(fileId: string, { client, signal }: B2Upload): Promise<Answer | undefined> {
  try {
    const answer = await client.call((b2, axios) => b2.getFileInfo({ fileId, axios }), signal);
    return fieldOf(answer.data, 'action') === 'upload' ? answer : undefined;
  } catch {
    // A key without readFiles may not ask. Then the answer to another try has to do.
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Unfinished files are billed until somebody cancels them. What cannot be cancelled now (the network is gone) is found
 * before the next upload of that name.
 */
async function cancel(fileId: string, { client }: B2Upload): Promise<void> {
  // The upload's own signal may be why it is given up.
  const signal = AbortSignal.timeout(CANCEL_WITHIN_MS);
  await client.call((b2, axios) => b2.cancelLargeFile({ fileId, axios }), signal).catch(() => {});
}
