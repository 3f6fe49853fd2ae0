import type { IncomingMessage } from 'node:http';
import { authorizeAccount, demand, keyOf } from './authorize.ts';
import { createBucket, deleteBucket, listBuckets, updateBucket } from './buckets.ts';
import { createKey, deleteKey, listKeys } from './keys.ts';
import {
  cancelLargeFile,
  finishLargeFile,
  getUploadPartUrl,
  listParts,
  listUnfinished,
  startLargeFile,
} from './large-files.ts';
import { deleteFileVersion, getFileInfo, listFileNames, listFileVersions } from './listings.ts';
import type { Model } from './model.ts';
import { badRequest } from './refusal.ts';
import { hideFile, newTarget } from './uploads.ts';

type Json = Record<string, unknown>;

/** Carries out one JSON call and returns its answer. */
export function call(
  model: Model,
  name: string,
  request: IncomingMessage,
  json: Json,
  url: string,
  version: number,
): unknown {
  if (name === 'b2_authorize_account') return authorizeAccount(model, request, version, url);
  const token = request.headers.authorization;
  const key = keyOf(model, token);
  const fileId = String(json['fileId']);
  const bucketId = String(json['bucketId']);
  switch (name) {
    case 'b2_list_buckets':
      return listBuckets(model, key, json);
    case 'b2_create_bucket':
      return createBucket(model, key, json);
    case 'b2_update_bucket':
      return updateBucket(model, key, json);
    case 'b2_create_key':
      return createKey(model, key, json);
    case 'b2_list_keys':
      return listKeys(model, key);
    case 'b2_delete_key':
      return deleteKey(model, key, String(json['applicationKeyId']));
    case 'b2_delete_bucket':
      return deleteBucket(model, key, json);
    case 'b2_get_upload_url':
      demand(key, 'writeFiles', bucketId);
      if (!model.buckets.has(bucketId)) throw badRequest(`Bucket ${bucketId} does not exist`, 'bad_bucket_id');
      return newTarget(model, key, url, bucketId);
    case 'b2_start_large_file':
      return startLargeFile(model, key, json);
    case 'b2_get_upload_part_url':
      return getUploadPartUrl(model, key, url, fileId);
    case 'b2_finish_large_file':
      return finishLargeFile(model, key, fileId, json['partSha1Array']);
    case 'b2_cancel_large_file':
      return cancelLargeFile(model, key, fileId);
    case 'b2_list_parts':
      return listParts(model, key, json);
    case 'b2_list_unfinished_large_files':
      return listUnfinished(model, key, json);
    case 'b2_list_file_names':
      return listFileNames(model, key, json);
    case 'b2_list_file_versions':
      return listFileVersions(model, key, json);
    case 'b2_get_file_info':
      return getFileInfo(model, key, fileId);
    case 'b2_delete_file_version':
      return deleteFileVersion(model, key, json);
    case 'b2_hide_file':
      return hideFile(model, token, bucketId, String(json['fileName']));
    default:
      throw badRequest(`Unknown call: ${name}`);
  }
}
