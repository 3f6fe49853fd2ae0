import { demand } from './authorize.ts';
import { ACCOUNT_ID, type FileVersion, type Key, type Model } from './model.ts';
import { compareNames, textOf } from './names.ts';
import { badRequest, Refusal } from './refusal.ts';

type Json = Record<string, unknown>;

/** A version as B2 describes it. */
export function fileObject(version: FileVersion): Json {
  return {
    accountId: ACCOUNT_ID,
    fileId: version.fileId,
    bucketId: version.bucketId,
    fileName: version.fileName,
    action: version.action,
    contentType: version.contentType,
    contentLength: version.contentLength,
    contentSha1: version.contentSha1,
    fileInfo: version.fileInfo,
    uploadTimestamp: version.uploadTimestamp,
    contentMd5: null,
    // Only version 1 of the API has it, and rclone reads nothing else.
    size: version.contentLength,
    fileRetention: {
      isClientAuthorizedToRead: true,
      value: version.retention ?? { mode: null, retainUntilTimestamp: null },
    },
    legalHold: { isClientAuthorizedToRead: true, value: null },
    serverSideEncryption: encryptionObject(version.encryption),
  };
}

/** How B2 tells what it encrypts, with keys of its own. */
export function encryptionObject(algorithm: string | undefined): Json {
  return algorithm === undefined ? { algorithm: null, mode: null } : { algorithm, mode: 'SSE-B2' };
}

/** All versions of a bucket in the order of listings: by name, then newest first. */
export function inOrder(model: Model, bucketId: string): FileVersion[] {
  const unfinished = [...model.largeFiles.values()].map(({ version }) => version);
  return [...model.versions, ...unfinished]
    .filter((version) => version.bucketId === bucketId)
    .sort((a, b) => compareNames(a.fileName, b.fileName) || b.sequence - a.sequence);
}

/** The newest finished version of each name; a name whose newest is a hide marker is not visible. */
export function visible(model: Model, bucketId: string): FileVersion[] {
  const newest = new Map<string, FileVersion>();
  for (const version of inOrder(model, bucketId)) {
    if (version.action !== 'start' && !newest.has(version.fileName)) newest.set(version.fileName, version);
  }
  return [...newest.values()].filter(({ action }) => action === 'upload');
}

interface Page {
  prefix: string;
  delimiter: string;
  count: number;
  startName: string;
  startId: string;
}

/** b2_list_file_names. */
export function listFileNames(model: Model, key: Key, json: Json): unknown {
  const bucketId = bucketOf(model, key, json);
  const page = pageOf(json);
  const from = visible(model, bucketId).filter(({ fileName }) => compareNames(fileName, page.startName) >= 0);
  const { files, next } = take(from, page);
  return { files, nextFileName: next?.fileName ?? null };
}

/** b2_list_file_versions; the starting pair is inclusive. */
export function listFileVersions(model: Model, key: Key, json: Json): unknown {
  const bucketId = bucketOf(model, key, json);
  const page = pageOf(json);
  if (page.startId !== '' && page.startName === '') throw badRequest('startFileId needs startFileName');
  const all = inOrder(model, bucketId).filter(({ fileName }) => compareNames(fileName, page.startName) >= 0);
  const first =
    page.startId === ''
      ? 0
      : Math.max(
          0,
          all.findIndex(({ fileId }) => fileId === page.startId),
        );
  const { files, next } = take(all.slice(first), page);
  return { files, nextFileName: next?.fileName ?? null, nextFileId: next?.fileId ?? null };
}

function bucketOf(model: Model, key: Key, json: Json): string {
  const bucketId = String(json['bucketId']);
  demand(key, 'listFiles', bucketId, textOf(json, 'prefix'));
  if (!model.buckets.has(bucketId)) throw badRequest(`Bucket ${bucketId} does not exist`, 'bad_bucket_id');
  return bucketId;
}

function pageOf(json: Json): Page {
  const count = Number(json['maxFileCount'] ?? 100);
  if (count < 0 || count > 10_000) throw badRequest('maxFileCount must be 1 to 10000', 'out_of_range');
  const text = (field: string) => textOf(json, field);
  return {
    prefix: text('prefix'),
    delimiter: text('delimiter'),
    count: count === 0 ? 100 : count,
    startName: text('startFileName'),
    startId: text('startFileId'),
  };
}

/** A page of versions, folded into folders where a delimiter asks for it, and the first that is not on it. */
function take(
  versions: readonly FileVersion[],
  { prefix, delimiter, count }: Page,
): { files: Json[]; next: FileVersion | undefined } {
  const files: Json[] = [];
  let folder: string | undefined;
  for (const version of versions.filter(({ fileName }) => fileName.startsWith(prefix))) {
    const end = delimiter === '' ? -1 : version.fileName.indexOf(delimiter, prefix.length);
    const isSameFolder = folder !== undefined && version.fileName.startsWith(folder);
    if (isSameFolder) continue;
    if (files.length === count) return { files, next: version };
    folder = end === -1 ? undefined : version.fileName.slice(0, end + delimiter.length);
    files.push(
      folder === undefined
        ? fileObject(version)
        : {
            action: 'folder',
            bucketId: version.bucketId,
            fileName: folder,
            fileId: null,
            contentLength: 0,
            size: 0,
            fileInfo: {},
            uploadTimestamp: 0,
          },
    );
  }
  return { files, next: undefined };
}

/** b2_get_file_info; an unfinished large file shows as `start`. */
export function getFileInfo(model: Model, key: Key, fileId: string): unknown {
  const version = model.versions.find((one) => one.fileId === fileId) ?? model.largeFiles.get(fileId)?.version;
  if (version === undefined) throw new Refusal(404, 'not_found', `File with such id does not exist: ${fileId}`);
  demand(key, 'readFiles', version.bucketId, version.fileName);
  return fileObject(version);
}

/** b2_delete_file_version: id and name must belong together. */
export function deleteFileVersion(model: Model, key: Key, json: Json): unknown {
  const { fileId, fileName, bypassGovernance } = json;
  const index = model.versions.findIndex((version) => version.fileId === fileId && version.fileName === fileName);
  const version = model.versions[index];
  if (version === undefined)
    throw badRequest(`File not present: ${String(fileName)} ${String(fileId)}`, 'file_not_present');
  demand(key, 'deleteFiles', version.bucketId, version.fileName);
  const { retention } = version;
  const isLocked = retention !== undefined && retention.retainUntilTimestamp > Date.now();
  if (isLocked && !(retention.mode === 'governance' && bypassGovernance === true)) {
    throw new Refusal(403, 'access_denied', 'File version is under retention');
  }
  model.versions.splice(index, 1);
  return { fileId, fileName };
}
