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
  return await uploadInParts(() => inOrder(slices), upload);
}

/** A slice and its place in the file, from 1 up. */
export interface Part {
  number: number;
  slice: Slice;
}

async function* inOrder(slices: readonly Slice[]): AsyncGenerator<Part> {
  for (const [index, slice] of slices.entries()) yield await Promise.resolve({ number: index + 1, slice });
}

/**
 * The same for parts that come one by one, in any order. `parts` gets a signal on which it has to end: another part has
 * failed. `check` is asked before all of them become a file.
 */
export async function uploadInParts(
  parts: (signal: AbortSignal) => AsyncGenerator<Part>,
  upload: B2Upload,
  check: (sent: readonly Part[]) => Promise<void> = () => Promise.resolve(),
): Promise<FileVersion> {
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
    const sent = await uploadParts(fileId, parts, upload);
    await check(sent);
    return await finish(fileId, sent, upload);
  } catch (error) {
    await cancel(fileId, upload);
    throw error;
  }
}

/** Each worker has an upload URL of its own; the first failure ends them all. Returns the parts by their number. */
async function uploadParts(
  fileId: string,
  parts: (signal: AbortSignal) => AsyncGenerator<Part>,
  upload: B2Upload,
): Promise<Part[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([upload.signal, failed.signal]);
  const sentBytes = new Map<number, number>();
  const onSent = (number: number, bytes: number) => {
    sentBytes.set(number, bytes);
    upload.onProgress([...sentBytes.values()].reduce((sum, one) => sum + one, 0));
  };
  const sent: Part[] = [];
  // Asked by several at once, a generator answers them in turn.
  const coming = parts(signal);
  const work = async (): Promise<void> => {
    const holder: UrlHolder = {};
    for (let next = await coming.next(); next.done !== true; next = await coming.next()) {
      const part = next.value;
      await uploadPart(fileId, part, holder, {
        ...upload,
        signal,
        onProgress: (bytes) => onSent(part.number, bytes),
      });
      sent.push(part);
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
  return sent.toSorted((a, b) => a.number - b.number);
}

/** Sent again, a part replaces itself, so that a lost answer does no harm. */
async function uploadPart(fileId: string, { number, slice }: Part, holder: UrlHolder, upload: B2Upload): Promise<void> {
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

async function finish(fileId: string, parts: readonly Part[], upload: B2Upload): Promise<FileVersion> {
  const { client, signal } = upload;
  const { data } = await client.call(
    (b2, axios) => b2.finishLargeFile({ fileId, partSha1Array: parts.map(({ slice }) => slice.sha1), axios }),
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
