import { PgbakError } from '../../core/errors.ts';
import { expectId, parseFileVersion, type FileVersion } from './answers.ts';
import type { B2Client } from './client.ts';
import { B2Failure } from './failure.ts';
import { listVersions } from './listing.ts';
import type { B2Upload } from './single.ts';

/** Whether an upload came to something, as far as B2 itself could be asked. */
export type Finding = { state: 'stored'; version: FileVersion } | { state: 'absent' } | { state: 'unknown' };

/** Long enough for a listing and a removal or two. */
export const SETTLE_WITHIN_MS = 15_000;

/** All finished versions that this very upload has made: more than one where B2 stored it, answered otherwise, and got it again. */
async function versionsOf({ client, bucketId, name, info }: B2Upload, signal: AbortSignal): Promise<FileVersion[]> {
  const found: FileVersion[] = [];
  for await (const version of listVersions(client, bucketId, name, signal)) {
    if (version.name !== name) break;
    const isSame = Object.entries(info).every(([key, value]) => version.info[key] === value);
    if (version.action === 'upload' && isSame) found.push(version);
  }
  return found;
}

/** Asks B2 whether an upload is stored. A key that may not list leaves it unknown, as a line that is down does. */
export async function findStored(upload: B2Upload, sha1: string, signal: AbortSignal): Promise<Finding> {
  try {
    const version = (await versionsOf(upload, signal)).find((one) => one.sha1 === sha1);
    return version === undefined ? { state: 'absent' } : { state: 'stored', version };
  } catch (error) {
    upload.signal.throwIfAborted();
    return unknownUnlessBug(error);
  }
}

/**
 * Removes what an upload has stored besides `keep`, for uploads whose answers were doubtful. What cannot be settled now is
 * told to `upload.onUnsettled`.
 */
export async function settleTwins(upload: B2Upload, keep: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    for (const { id } of await versionsOf(upload, signal)) {
      if (id !== keep) await removeVersion(upload.client, { id, name: upload.name }, signal);
    }
  } catch (error) {
    unknownUnlessBug(error);
    upload.onUnsettled();
  }
}

/** Whether a large file was finished: by its id, or where the key may not read that, by a listing. */
export async function findFinished(fileId: string, upload: B2Upload): Promise<Finding> {
  const { client, signal, attempts } = upload;
  try {
    const version = await client.call(
      (b2, axios) => b2.getFileInfo({ fileId, axios }),
      ({ data }) => parseFileVersion(data),
      signal,
      { attempts },
    );
    return version.action === 'upload' ? { state: 'stored', version } : { state: 'absent' };
  } catch (error) {
    signal.throwIfAborted();
    unknownUnlessBug(error);
    if (error instanceof B2Failure && error.status === 404) return { state: 'absent' };
  }
  try {
    for await (const version of listVersions(client, upload.bucketId, upload.name, signal)) {
      if (version.id === fileId)
        return version.action === 'upload' ? { state: 'stored', version } : { state: 'absent' };
    }
    return { state: 'absent' };
  } catch (error) {
    signal.throwIfAborted();
    return unknownUnlessBug(error);
  }
}

/** Removes a version; one that is gone already, by a lifecycle rule or a removal whose answer was lost, is no failure. */
export async function removeVersion(
  client: B2Client,
  { id, name }: { id: string; name: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await client.call(
      (b2, axios) => b2.deleteFileVersion({ fileId: id, fileName: name, axios }),
      ({ data }) => expectId(data, id),
      signal,
    );
  } catch (error) {
    if (!(error instanceof B2Failure && error.code === 'file_not_present')) throw error;
  }
}

function unknownUnlessBug(error: unknown): { state: 'unknown' } {
  if (error instanceof B2Failure || error instanceof PgbakError || Object(error).name === 'TimeoutError')
    return { state: 'unknown' };
  throw error;
}
