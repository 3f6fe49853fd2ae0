import { parseUploaded, type FileVersion } from './answers.ts';
import { within } from '../../system/clock.ts';
import type { Slots } from '../../system/slots.ts';
import { sendSlice } from './body.ts';
import type { HashedSlice } from './slices.ts';
import type { B2Client } from './client.ts';
import { findStored, SETTLE_WITHIN_MS, settleTwins } from './settle.ts';
import { parseUploadUrl, uploadWithRetries, type UrlHolder } from './upload-url.ts';

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
  /** Told why parts are given up, and whether the next ones go up at once, or all of it in the end. */
  onTrouble: (error: unknown, isBegunAnew: boolean) => void;
}

export const CONTENT_TYPE = 'application/x-7z-compressed';

/**
 * Uploads in one request (https://www.backblaze.com/apidocs/b2-upload-file). Each upload of a name makes a new version, so
 * that B2 is asked after every failure whether it has stored this one nevertheless; and once more in the end, since a
 * version may show up after an answer that denied it.
 */
export async function uploadSingle(slice: HashedSlice, upload: B2Upload): Promise<FileVersion> {
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
          (b2, axios) => b2.getUploadUrl({ bucketId, axios }),
          (answer) => parseUploadUrl(answer),
          signal,
        ),
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
        return parseUploaded(result.data, { name, sizeBytes: slice.sizeBytes, sha1: slice.sha1 });
      },
      recover: async () => {
        // Of what was not sent to its end, B2 has stored nothing.
        if (!isAllSent) return undefined;
        isDoubtful = true;
        const found = await findStored(upload, slice.sha1, signal);
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
