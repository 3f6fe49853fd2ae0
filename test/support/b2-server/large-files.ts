import { rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { demand } from './authorize.ts';
import type { Throttle } from '../throttle.ts';
import { receive } from './body.ts';
import { fileObject } from './listings.ts';
import type { Key, LargeFile, Model, UploadTarget } from './model.ts';
import { checkFileName, checkInfo, textOf } from './names.ts';
import { badRequest } from './refusal.ts';
import { contentTypeOf, encryptionOf, newTarget, newVersion, retentionOf, store } from './uploads.ts';

type Json = Record<string, unknown>;

/** b2_start_large_file. */
export function startLargeFile(model: Model, key: Key, json: Json): unknown {
  const bucketId = String(json['bucketId']);
  const fileName = checkFileName(String(json['fileName']));
  demand(key, 'writeFiles', bucketId, fileName);
  if (json['contentType'] === undefined) throw badRequest('Missing field: contentType');
  const fileInfo = Object.fromEntries(
    Object.entries(Object(json['fileInfo'] ?? {})).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  checkInfo(fileInfo);
  const version = newVersion(model, {
    bucketId,
    fileName,
    action: 'start',
    contentType: contentTypeOf(textOf(json, 'contentType')),
    contentLength: 0,
    contentSha1: 'none',
    fileInfo,
    pieces: [],
    ...encryptionOf(model, bucketId, Object(json['serverSideEncryption'] ?? {}).algorithm),
    ...retentionOf(model, key, bucketId, Object(json['fileRetention'] ?? {})),
  });
  model.largeFiles.set(version.fileId, { version, parts: new Map() });
  return fileObject(version);
}

export function getUploadPartUrl(model: Model, key: Key, url: string, fileId: string): unknown {
  const { version } = unfinished(model, key, fileId);
  return newTarget(model, key, url, version.bucketId, fileId);
}

/** b2_upload_part; the same number again replaces the earlier part. */
export async function uploadPart(
  model: Model,
  request: IncomingMessage,
  target: UploadTarget,
  throttles: readonly Throttle[],
  onBytes: (receivedBytes: number) => void,
): Promise<unknown> {
  const partNumber = Number(request.headers['x-bz-part-number']);
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000)
    throw badRequest('Part number must be 1 to 10000');
  const fileId = target.fileId ?? '';
  const large = unfinished(model, target.key, fileId);
  const piece = await receive(model, request, throttles, onBytes);
  // It may have been cancelled meanwhile.
  if (!model.largeFiles.has(fileId)) throw badRequest(`Invalid fileId: ${fileId}`);
  large.parts.set(partNumber, piece);
  return {
    fileId,
    partNumber,
    contentLength: piece.sizeBytes,
    contentSha1: piece.sha1,
    contentMd5: null,
    uploadTimestamp: Date.now(),
  };
}

/** b2_finish_large_file: the parts become pieces of the version; nothing is copied. */
export function finishLargeFile(model: Model, key: Key, fileId: string, sha1s: unknown): unknown {
  const { version, parts } = unfinished(model, key, fileId);
  if (!Array.isArray(sha1s) || sha1s.length === 0) throw badRequest('Missing field: partSha1Array');
  if (sha1s.length !== parts.size) throw badRequest('Wrong number of parts', 'missing_part');
  const pieces = sha1s.map((sha1, index) => {
    const part = parts.get(index + 1);
    if (part === undefined) throw badRequest(`Part number ${index + 1} is missing`, 'missing_part');
    if (part.sha1 !== sha1) throw badRequest(`Part number ${index + 1} has another SHA-1`, 'part_sha1_mismatch');
    if (index < sha1s.length - 1 && part.sizeBytes < model.absoluteMinimumPartSize) {
      throw badRequest(`Part number ${index + 1} is smaller than ${model.absoluteMinimumPartSize} bytes`);
    }
    return part;
  });
  version.pieces = pieces;
  version.action = 'upload';
  version.contentLength = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  model.largeFiles.delete(fileId);
  store(model, version);
  return fileObject(version);
}

export function cancelLargeFile(model: Model, key: Key, fileId: string): unknown {
  const { version, parts } = unfinished(model, key, fileId);
  model.largeFiles.delete(fileId);
  for (const { path } of parts.values()) rmSync(path, { force: true });
  return {
    fileId,
    accountId: fileObject(version)['accountId'],
    bucketId: version.bucketId,
    fileName: version.fileName,
  };
}

export function listParts(model: Model, key: Key, json: Json): unknown {
  const fileId = String(json['fileId']);
  const first = Number(json['startPartNumber'] ?? 1);
  const count = Number(json['maxPartCount'] ?? 100) || 100;
  const numbers = [...unfinished(model, key, fileId).parts]
    .filter(([number]) => number >= first)
    .sort(([a], [b]) => a - b);
  const parts = numbers.slice(0, count).map(([partNumber, piece]) => ({
    fileId,
    partNumber,
    contentLength: piece.sizeBytes,
    contentSha1: piece.sha1,
  }));
  return { parts, nextPartNumber: numbers[count]?.[0] ?? null };
}

/** b2_list_unfinished_large_files. */
export function listUnfinished(model: Model, key: Key, json: Json): unknown {
  const bucketId = String(json['bucketId']);
  const prefix = textOf(json, 'namePrefix');
  demand(key, 'listFiles', bucketId, prefix);
  const count = Number(json['maxFileCount'] ?? 100) || 100;
  const after = json['startFileId'];
  const all = [...model.largeFiles.values()]
    .map(({ version }) => version)
    .filter((version) => version.bucketId === bucketId && version.fileName.startsWith(prefix));
  const first =
    after === undefined || after === null
      ? 0
      : Math.max(
          0,
          all.findIndex(({ fileId }) => fileId === after),
        );
  return {
    files: all.slice(first, first + count).map((version) => fileObject(version)),
    nextFileId: all[first + count]?.fileId ?? null,
  };
}

function unfinished(model: Model, key: Key, fileId: string): LargeFile {
  const large = model.largeFiles.get(fileId);
  if (large === undefined) throw badRequest(`Invalid fileId: ${fileId}`);
  demand(key, 'writeFiles', large.version.bucketId, large.version.fileName);
  return large;
}
