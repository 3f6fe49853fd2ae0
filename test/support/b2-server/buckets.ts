import { demand } from './authorize.ts';
import { ACCOUNT_ID, type Bucket, type Key, type Model } from './model.ts';
import { encryptionObject } from './listings.ts';
import { badRequest, Refusal, unauthorized } from './refusal.ts';

type Json = Record<string, unknown>;

export function addBucket(model: Model, name: string, fileLock: boolean): Bucket {
  if ([...model.buckets.values()].some((bucket) => bucket.name === name)) {
    throw badRequest('Bucket name is already in use.', 'duplicate_bucket_name');
  }
  const id = `b${String(model.nextNumber()).padStart(23, '0')}`;
  const bucket = { id, name, fileLock, type: 'allPrivate', info: {}, lifecycleRules: [], revision: 1 };
  model.buckets.set(bucket.id, bucket);
  return bucket;
}

export function createBucket(model: Model, key: Key, json: Json): unknown {
  demand(key, 'writeBuckets');
  return bucketObject(addBucket(model, String(json['bucketName']), json['fileLockEnabled'] === true));
}

/** b2_list_buckets: a key restricted to a bucket must ask for just that one. */
export function listBuckets(model: Model, key: Key, json: Json): unknown {
  demand(key, 'listBuckets');
  const { bucketId, bucketName } = json;
  if (key.bucketId !== undefined) {
    const own = model.buckets.get(key.bucketId);
    if (bucketId !== own?.id && bucketName !== own?.name) throw unauthorized('Key is restricted to a bucket');
  }
  const asked = [...model.buckets.values()].filter(
    (bucket) => (bucketId ?? bucket.id) === bucket.id && (bucketName ?? bucket.name) === bucket.name,
  );
  return { buckets: asked.map((bucket) => bucketObject(bucket)) };
}

export function deleteBucket(model: Model, key: Key, json: Json): unknown {
  demand(key, 'deleteBuckets', String(json['bucketId']));
  const bucket = model.buckets.get(String(json['bucketId']));
  if (bucket === undefined) throw badRequest('Bucket does not exist', 'bad_bucket_id');
  if (model.versions.some((version) => version.bucketId === bucket.id)) {
    throw badRequest('Cannot delete non-empty bucket', 'cannot_delete_non_empty_bucket');
  }
  model.buckets.delete(bucket.id);
  return bucketObject(bucket);
}

/** b2_update_bucket: what is given is changed; `ifRevisionIs` refuses where somebody else was faster. */
export function updateBucket(model: Model, key: Key, json: Json): unknown {
  demand(key, 'writeBuckets', String(json['bucketId']));
  const bucket = model.buckets.get(String(json['bucketId']));
  if (bucket === undefined) throw badRequest('Bucket does not exist', 'bad_bucket_id');
  const { bucketType, bucketInfo, lifecycleRules, ifRevisionIs, defaultServerSideEncryption } = json;
  if (typeof ifRevisionIs === 'number' && ifRevisionIs !== bucket.revision) {
    throw new Refusal(409, 'conflict', 'The bucket has another revision');
  }
  if (typeof bucketType === 'string') bucket.type = bucketType;
  if (bucketInfo !== undefined && bucketInfo !== null) bucket.info = Object(bucketInfo);
  if (Array.isArray(lifecycleRules)) bucket.lifecycleRules = lifecycleRules;
  const { algorithm } = Object(defaultServerSideEncryption ?? {});
  if (typeof algorithm === 'string') bucket.encryption = algorithm;
  bucket.revision += 1;
  return bucketObject(bucket);
}

function bucketObject(bucket: Bucket): Json {
  const { id, name, fileLock, type, info, lifecycleRules, revision, encryption } = bucket;
  return {
    accountId: ACCOUNT_ID,
    bucketId: id,
    bucketName: name,
    bucketType: type,
    bucketInfo: info,
    corsRules: [],
    lifecycleRules,
    options: [],
    revision,
    defaultServerSideEncryption: { isClientAuthorizedToRead: true, value: encryptionObject(encryption) },
    fileLockConfiguration: {
      isClientAuthorizedToRead: true,
      value: { isFileLockEnabled: fileLock, defaultRetention: { mode: null, period: null } },
    },
  };
}
