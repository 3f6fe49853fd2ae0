import { PgbakError, StorageError } from '../../core/errors.ts';
import { CATALOG_FACT } from '../storage.ts';
import { expectId, filesIn, type FileVersion, optionalText, parseFileVersion } from './answers.ts';
import type { B2Client } from './client.ts';
import { B2Failure } from './failure.ts';
import type { B2Upload } from './upload.ts';

/** What Backblaze bills as one transaction. */
const PAGE_SIZE = 1000;
/** Ten million versions: hundreds of servers, every hour, for years. */
const MOST_PAGES = 10_000;

/**
 * All versions under a prefix: by name, newest first, hide markers and unfinished files among them
 * (https://www.backblaze.com/apidocs/b2-list-file-versions).
 */
export async function* listVersions(
  client: B2Client,
  bucketId: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<FileVersion> {
  let from: { startFileName?: string; startFileId?: string } = {};
  const seen = new Set<string>();
  for (;;) {
    const start = from;
    const { files, next } = await client.call(
      (b2) => b2.listFileVersions({ bucketId, prefix, ...start, maxFileCount: PAGE_SIZE }),
      ({ data }) => ({ files: filesIn(data), next: nextPage(data) }),
      signal,
    );
    yield* files;
    if (next === undefined) return;
    // Otherwise a service that names the same page again and again would be asked for ever.
    const page = `${next.startFileName}\n${next.startFileId ?? ''}`;
    if (seen.has(page) || seen.size >= MOST_PAGES) {
      throw new StorageError(
        `B2's listing of ${prefix === '' ? 'the bucket' : prefix} does not end`,
        'It names the same page twice, or millions of versions. Look at the bucket.',
      );
    }
    seen.add(page);
    from = next;
  }
}

function nextPage(data: unknown): { startFileName: string; startFileId?: string } | undefined {
  const startFileName = optionalText(data, 'nextFileName');
  if (startFileName === undefined) return undefined;
  const startFileId = optionalText(data, 'nextFileId');
  return { startFileName, ...(startFileId === undefined ? {} : { startFileId }) };
}

/** Large files of exactly this name that were begun by this catalogue and never finished. */
async function listUnfinished(
  client: B2Client,
  bucketId: string,
  name: string,
  owner: string,
  signal: AbortSignal,
): Promise<FileVersion[]> {
  const files = await client.call(
    (b2) => b2.listUnfinishedLargeFiles({ bucketId, namePrefix: name, maxFileCount: 100 }),
    ({ data }) => filesIn(data),
    signal,
  );
  return files.filter((file) => file.name === name && file.info[OWNER_KEY] === owner);
}

/** Names the catalogue that made a file, so that no host sweeps away what another is uploading. */
export const OWNER_KEY = CATALOG_FACT;

/** Cancels them; a sentence for each. */
export async function cancelUnfinished(
  client: B2Client,
  bucketId: string,
  { name, owner }: { name: string; owner: string },
  signal: AbortSignal,
): Promise<string[]> {
  const cancelled: string[] = [];
  for (const { id, storedAt } of await listUnfinished(client, bucketId, name, owner, signal)) {
    if (!(await cancelLargeFile(client, id, signal))) continue;
    cancelled.push(`cancelled the unfinished upload of ${name} begun at ${storedAt.toISOString()}`);
  }
  return cancelled;
}

/** Cancels an unfinished large file. False where there is none of that id any more: it was finished, or cancelled before. */
export async function cancelLargeFile(client: B2Client, fileId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call(
      (b2) => b2.cancelLargeFile(fileId),
      ({ data }) => expectId(data, fileId),
      signal,
    );
    return true;
  } catch (error) {
    if (error instanceof B2Failure && error.status === 400) return false;
    throw error;
  }
}

/** Whether an upload came to something, as far as B2 itself could be asked. */
type Finding = { state: 'stored'; version: FileVersion } | { state: 'absent' } | { state: 'unknown' };

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
      (b2) => b2.getFileInfo(fileId),
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
      (b2) => b2.deleteFileVersion(id, name),
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
