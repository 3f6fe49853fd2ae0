import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { demand, keyOf } from './authorize.ts';
import type { Throttle } from '../throttle.ts';
import { receive } from './body.ts';
import { fileObject } from './listings.ts';
import type { FileVersion, Key, Model, UploadTarget } from './model.ts';
import { checkFileName, infoOf } from './names.ts';
import { badRequest, Refusal } from './refusal.ts';

/** A new upload URL for a bucket or for the parts of a large file. */
export function newTarget(model: Model, key: Key, url: string, bucketId: string, fileId?: string): unknown {
  const id = randomBytes(12).toString('hex');
  const target: UploadTarget = {
    id,
    token: `4_up_${randomBytes(24).toString('hex')}`,
    key,
    bucketId,
    isDead: false,
    running: 0,
  };
  if (fileId !== undefined) target.fileId = fileId;
  model.targets.set(id, target);
  const uploadUrl = `${url}/${fileId === undefined ? 'upload-file' : 'upload-part'}/${id}`;
  return { ...(fileId === undefined ? { bucketId } : { fileId }), uploadUrl, authorizationToken: target.token };
}

/** Finds the target of an upload and holds it while `work` runs: one upload at a time, and none after a failure. */
export async function withTarget<T>(
  model: Model,
  request: IncomingMessage,
  id: string,
  work: (target: UploadTarget) => Promise<T>,
): Promise<T> {
  const target = model.targets.get(id);
  if (target === undefined || request.headers.authorization !== target.token) {
    throw new Refusal(401, 'bad_auth_token', 'Invalid upload authorization token');
  }
  if (target.running > 0) {
    model.violations.push(`upload URL ${id} used twice at once`);
    throw badRequest('more than one upload using auth token', 'auth_token_limit');
  }
  if (target.isDead) {
    model.violations.push(`upload URL ${id} used after a failure`);
    throw new Refusal(401, 'bad_auth_token', 'Upload authorization token is used up');
  }
  target.running += 1;
  try {
    return await work(target);
  } catch (error) {
    target.isDead = !(error instanceof Refusal && error.status === 429);
    throw error;
  } finally {
    target.running -= 1;
  }
}

/** b2_upload_file. */
export async function uploadFile(
  model: Model,
  request: IncomingMessage,
  target: UploadTarget,
  throttles: readonly Throttle[],
  onBytes: (receivedBytes: number) => void,
): Promise<unknown> {
  const { headers } = request;
  const fileName = checkFileName(decodeURIComponent(String(headers['x-bz-file-name'] ?? '')));
  demand(target.key, 'writeFiles', target.bucketId, fileName);
  const fileInfo = infoOf(headers);
  const encryption = encryptionOf(model, target.bucketId, headers['x-bz-server-side-encryption']);
  const retention = retentionOf(model, target.key, target.bucketId, {
    mode: headers['x-bz-file-retention-mode'],
    retainUntilTimestamp: headers['x-bz-file-retention-retain-until-timestamp'],
  });
  const piece = await receive(model, request, throttles, onBytes);
  const version = newVersion(model, {
    bucketId: target.bucketId,
    fileName,
    action: 'upload',
    contentType: contentTypeOf(headers['content-type'] ?? 'b2/x-auto'),
    contentLength: piece.sizeBytes,
    contentSha1: piece.sha1,
    fileInfo,
    pieces: [piece],
    ...encryption,
    ...retention,
  });
  store(model, version);
  return fileObject(version);
}

/** As it is asked for, or as the bucket has it. */
export function encryptionOf(model: Model, bucketId: string, asked: unknown): { encryption?: string } {
  const encryption = asked ?? model.buckets.get(bucketId)?.encryption;
  if (encryption === undefined) return {};
  if (encryption !== 'AES256') throw badRequest('Unknown encryption');
  return { encryption };
}

/** The lock that an upload asks for; refused without the capability, and in a bucket without Object Lock. */
export function retentionOf(
  model: Model,
  key: Key,
  bucketId: string,
  { mode, retainUntilTimestamp: until }: Record<string, unknown>,
): Pick<FileVersion, 'retention'> {
  if (mode === undefined && until === undefined) return {};
  demand(key, 'writeFileRetentions', bucketId);
  if (model.buckets.get(bucketId)?.fileLock !== true) {
    throw badRequest('Bucket is missing file lock', 'bucket_missing_file_lock');
  }
  const retainUntilTimestamp = Number(until);
  if (mode !== 'governance' && mode !== 'compliance') throw badRequest('Bad retention mode');
  if (!Number.isSafeInteger(retainUntilTimestamp) || retainUntilTimestamp <= Date.now()) {
    throw badRequest('retainUntilTimestamp must be in the future');
  }
  return { retention: { mode, retainUntilTimestamp } };
}

/** Makes a finished version visible, and removes those before it where the bucket keeps only the last. */
export function store(model: Model, version: FileVersion): void {
  const { bucketId, fileName } = version;
  const isBefore = (one: FileVersion) => one.bucketId === bucketId && one.fileName === fileName;
  if (model.keepsOnlyLast) {
    const before = model.versions.filter(isBefore);
    // Nobody waits for it.
    for (const { path } of before.flatMap(({ pieces }) => pieces)) void rm(path, { force: true });
    model.versions = model.versions.filter((one) => !isBefore(one));
  }
  model.versions.push(version);
}

export function newVersion(
  model: Model,
  fields: Omit<FileVersion, 'fileId' | 'uploadTimestamp' | 'sequence'>,
): FileVersion {
  const sequence = model.nextNumber();
  return { ...fields, fileId: `4_z${fields.bucketId}_f${sequence}_d_m_c`, uploadTimestamp: Date.now(), sequence };
}

export function contentTypeOf(type: string): string {
  return type === 'b2/x-auto' ? 'application/octet-stream' : type;
}

/** b2_hide_file. */
export function hideFile(model: Model, token: string | undefined, bucketId: string, fileName: string): unknown {
  demand(keyOf(model, token), 'writeFiles', bucketId, fileName);
  const newest = model.versions.findLast((one) => one.bucketId === bucketId && one.fileName === fileName);
  if (newest === undefined) throw badRequest(`File not present: ${fileName}`, 'no_such_file');
  if (newest.action === 'hide') throw badRequest(`File already hidden: ${fileName}`, 'already_hidden');
  const version = newVersion(model, {
    bucketId,
    fileName,
    action: 'hide',
    contentType: 'application/x-bz-hide-marker',
    contentLength: 0,
    contentSha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    fileInfo: {},
    pieces: [],
  });
  model.versions.push(version);
  return fileObject(version);
}
