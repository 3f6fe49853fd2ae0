import { parseFileVersion, type FileVersion } from './b2-answers.ts';
import type { Slots } from '../system/slots.ts';
import { sendSlice } from './b2-body.ts';
import type { HashedSlice } from './b2-slices.ts';
import type { B2Client } from './b2-client.ts';
import { listVersions } from './b2-listing.ts';
import { parseUploadUrl, uploadWithRetries, type UrlHolder } from './b2-upload-url.ts';

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
  /** Told why parts are given up, and whether the next ones go up at once, or all of it in the end. */
  onTrouble: (error: unknown, isBegunAnew: boolean) => void;
}

export const CONTENT_TYPE = 'application/x-7z-compressed';

/** Uploads in one request (https://www.backblaze.com/apidocs/b2-upload-file). */
export async function uploadSingle(slice: HashedSlice, upload: B2Upload): Promise<FileVersion> {
  const { client, bucketId, name, info, idleMs, signal, slots, attempts, onProgress } = upload;
  const holder: UrlHolder = {};
  let isAllSent = false;
  return await uploadWithRetries({
    holder,
    clock: client.clock,
    signal,
    attempts,
    newUrl: async () => parseUploadUrl(await client.call((b2, axios) => b2.getUploadUrl({ bucketId, axios }), signal)),
    send: async ({ url, token }) => {
      isAllSent = false;
      const onSent = (sentBytes: number) => {
        isAllSent = sentBytes === slice.sizeBytes;
        onProgress(sentBytes);
      };
      using _slot = await slots.take(signal);
      const { result } = await sendSlice(slice, { idleMs, signal, onSent }, (body, sendSignal) =>
        client.once(
          (b2, axios) =>
            b2.uploadFile({
              uploadUrl: url,
              uploadAuthToken: token.reveal(),
              fileName: name,
              mime: CONTENT_TYPE,
              ...body,
              info,
              axios,
            }),
          sendSignal,
        ),
      );
      return parseFileVersion(result.data);
    },
    // The connection may have broken after B2 had stored all; sent again, it would be stored twice.
    recover: async ({ status }) => (status === undefined && isAllSent ? await findStored(slice, upload) : undefined),
  });
}

async function findStored(
  slice: HashedSlice,
  { client, bucketId, name, info, signal }: B2Upload,
): Promise<FileVersion | undefined> {
  try {
    for await (const version of listVersions(client, bucketId, name, signal)) {
      if (version.name !== name) break;
      const isSame = Object.entries(info).every(([key, value]) => version.info[key] === value);
      if (version.action === 'upload' && version.sha1 === slice.sha1 && isSame) return version;
    }
  } catch {
    signal.throwIfAborted();
    // A key that may only write cannot look; a second copy is the lesser evil.
  }
  return undefined;
}
