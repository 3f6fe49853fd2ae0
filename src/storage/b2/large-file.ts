import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DoubtfulUploadError, errorMessage } from '../../core/errors.ts';
import { within } from '../../system/clock.ts';
import type { HashedPart, Part } from '../streaming/parts.ts';
import type { PartUpload } from '../streaming/send-parts.ts';
import { numberIn, parseUploaded, textIn, type FileVersion } from './answers.ts';
import { sendPart } from '../streaming/part-body.ts';
import { b2Error, B2Failure, MALFORMED, stalled } from './failure.ts';
import { CONTENT_TYPE, parseUploadUrl, uploadWithRetries, type B2Upload, type UrlHolder } from './upload.ts';
import { cancelLargeFile, findFinished, SETTLE_WITHIN_MS } from './versions.ts';

/** Begins a large file (https://www.backblaze.com/docs/cloud-storage-large-files). `signal` ends its beginning alone. */
export async function beginLargeFile(upload: B2Upload, signal: AbortSignal): Promise<PartUpload<FileVersion>> {
  const { client, bucketId, name, info, retention } = upload;
  const fileId = await client.call(
    (b2) => b2.startLargeFile({ bucketId, fileName: name, contentType: CONTENT_TYPE, info, retention }),
    ({ data }) => textIn(data, 'fileId'),
    signal,
  );
  return {
    openSender: () => {
      const holder: UrlHolder = {};
      return (part, sending) => uploadPart(fileId, part, holder, { ...upload, ...sending });
    },
    finish: (parts) => finish(fileId, parts, upload),
    // The signal of the upload may be why it is cancelled. What cannot be cancelled now is swept before the next upload.
    cancel: () => within(SETTLE_WITHIN_MS, (until) => cancelLargeFile(client, fileId, until)).catch(() => false),
    doubt: (error) => {
      upload.onUnsettled();
      upload.signal.throwIfAborted();
      const reason = errorMessage(b2Error(error, `finish the upload of ${name} to B2`, client.host));
      return new DoubtfulUploadError(
        `it is not known whether B2 has stored ${name}: ${reason}`,
        'The next run asks B2 again, and cleans up. Check the network, and https://status.backblaze.com',
      );
    },
  };
}

/** Sent again, a part replaces itself, so a lost answer does no harm. */
async function uploadPart(
  fileId: string,
  part: Part | HashedPart,
  holder: UrlHolder,
  upload: B2Upload,
): Promise<HashedPart> {
  const { client, idleMs, rate, signal, slots, attempts, onProgress } = upload;
  return await uploadWithRetries(upload, {
    holder,
    newUrl: () =>
      client.call(
        (b2) => b2.getUploadPartUrl(fileId),
        (answer) => parseUploadUrl(answer),
        signal,
        { attempts },
      ),
    send: async (target) => {
      using _slot = await slots.take(signal);
      const options = { idleMs, rate, signal, onSent: onProgress, stalled };
      const { result, ...sums } = await sendPart(part, options, (body, sendSignal) =>
        client.once((b2) => b2.uploadPart(target, body, part.number), sendSignal, attempts),
      );
      checkPart(result.data, { sizeBytes: part.sizeBytes, sha1: sums.sha1 });
      return { ...part, ...sums };
    },
  });
}

async function finish(fileId: string, parts: readonly HashedPart[], upload: B2Upload): Promise<FileVersion> {
  const { client, name, info, signal, attempts } = upload;
  const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
  const sums = parts.map(({ sha1 }) => sha1);
  return await client.call(
    (b2) => b2.finishLargeFile(fileId, sums),
    ({ data }) => parseUploaded(data, { name, sizeBytes, sha1: info['large_file_sha1'] }),
    signal,
    {
      // B2 refuses to finish twice. After a lost answer, the file itself tells whether it is finished.
      recover: async () => {
        const found = await findFinished(fileId, upload);
        return found.state === 'stored' ? found.version : undefined;
      },
      attempts,
    },
  );
}

/** Refuses an answer that is about other bytes. */
function checkPart(data: unknown, sent: { sizeBytes: number; sha1: string }): void {
  const isSame = numberIn(data, 'contentLength') === sent.sizeBytes && textIn(data, 'contentSha1') === sent.sha1;
  if (!isSame) throw new B2Failure(200, MALFORMED, 'the answer to a part is about other bytes');
}

/**
 * Proves that bytes can be stored, and leaves none, even with a key that may not delete: sends one part of a large file
 * and cancels that.
 */
export async function probeUpload(upload: B2Upload): Promise<void> {
  const { signal, onProgress } = upload;
  const path = join(tmpdir(), `pgbak-probe-${randomUUID()}`);
  const content = 'pgbak doctor --probe-write\n';
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
    const file = await beginLargeFile(upload, signal);
    try {
      await file.openSender()({ path, number: 1, startByte: 0, sizeBytes: content.length }, { signal, onProgress });
    } finally {
      await file.cancel();
    }
  } finally {
    await rm(path, { force: true });
  }
}
