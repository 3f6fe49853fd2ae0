import { ObjectLockError, PgbakError, StorageError } from '../../core/errors.ts';
import { CATALOG_FACT } from '../storage.ts';
import { expectId, filesIn, type FileVersion, optionalText, parseFileVersion } from './answers.ts';
import type { B2Client } from './client.ts';
import { B2Failure } from './failure.ts';
import type { B2Upload } from './upload.ts';

/** Backblaze bills a page of this size as one transaction. */
const PAGE_SIZE = 1000;
/** Ten million versions: hundreds of servers, every hour, for years. */
const MOST_PAGES = 10_000;

/**
 * Lists all versions under a prefix by name, newest first, with hide markers and unfinished files
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
    // A faulty service may name the same page again and again.
    const page = `${next.startFileName}\n${next.startFileId ?? ''}`;
    if (seen.has(page) || seen.size >= MOST_PAGES) {
      throw new StorageError(
        `the list of ${prefix === '' ? 'all files in the bucket' : prefix} that B2 sends does not end`,
        'It names the same page twice, or millions of versions. Look into the bucket at Backblaze.',
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

/** Unfinished large files of exactly this name that this catalogue began. */
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

/** The key of the catalogue that began a file: no host may cancel the upload of another. */
export const OWNER_KEY = CATALOG_FACT;

/** Cancels the unfinished files of a name. Returns a sentence for each. */
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

/** Cancels an unfinished large file. False where it was finished or cancelled before. */
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

/** Whether an upload was stored, as far as B2 tells. */
type Finding = { state: 'stored'; version: FileVersion } | { state: 'absent' } | { state: 'unknown' };

/** Enough for a listing and two removals. */
export const SETTLE_WITHIN_MS = 15_000;

/** The finished versions of this very upload: several where B2 stored it, denied that, and got it again. */
async function versionsOf({ client, bucketId, name, info }: B2Upload, signal: AbortSignal): Promise<FileVersion[]> {
  const found: FileVersion[] = [];
  for await (const version of listVersions(client, bucketId, name, signal)) {
    if (version.name !== name) break;
    const isSame = Object.entries(info).every(([key, value]) => version.info[key] === value);
    if (version.action === 'upload' && isSame) found.push(version);
  }
  return found;
}

/** Asks B2 whether an upload is stored. Unknown to a key that may not list, and while the line is down. */
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
 * Removes all versions of an upload but `keep`, after doubtful answers. Calls `upload.onUnsettled` where that fails.
 */
export async function removeDuplicates(upload: B2Upload, keep: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    for (const { id } of await versionsOf(upload, signal)) {
      if (id !== keep) await removeVersion(upload.client, { id, name: upload.name }, signal);
    }
  } catch (error) {
    unknownUnlessBug(error);
    upload.onUnsettled();
  }
}

/** Whether a large file was finished: asked by its id, or by a listing where the key may not read files. */
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

/**
 * Removes a version. One that is gone already, as after a lost answer, is no failure. With `isLocking` the destination locks
 * what it stores: a key that may not read locks learns of one only when the removal is denied.
 *
 * @throws ObjectLockError where it must be locked; elsewhere the key may have lost its right, which is a failure
 */
export async function removeVersion(
  client: B2Client,
  { id, name }: { id: string; name: string },
  signal: AbortSignal,
  { isLocking = false } = {},
): Promise<void> {
  try {
    await client.call(
      (b2) => b2.deleteFileVersion(id, name),
      ({ data }) => expectId(data, id),
      signal,
    );
  } catch (error) {
    if (!(error instanceof B2Failure)) throw error;
    if (isLocking && error.status === 403 && error.code === 'access_denied') {
      throw new ObjectLockError(
        'Object Lock keeps this version',
        'It can be removed when the lock has run out. To see until when, the key needs readFileRetentions.',
      );
    }
    if (error.code !== 'file_not_present') throw error;
  }
}

function unknownUnlessBug(error: unknown): { state: 'unknown' } {
  if (error instanceof B2Failure || error instanceof PgbakError || Object(error).name === 'TimeoutError')
    return { state: 'unknown' };
  throw error;
}
