import { demand } from './authorize.ts';
import { ACCOUNT_ID, type Bucket, type Key, type Model } from './model.ts';
import { badRequest, unauthorized } from './refusal.ts';

type Json = Record<string, unknown>;

export function addBucket(model: Model, name: string, fileLock: boolean): Bucket {
  if ([...model.buckets.values()].some((bucket) => bucket.name === name)) {
    throw badRequest('Bucket name is already in use.', 'duplicate_bucket_name');
  }
  const bucket = { id: `b${String(model.nextNumber()).padStart(23, '0')}`, name, fileLock };
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

function bucketObject({ id, name, fileLock }: Bucket): Json {
  return {
    accountId: ACCOUNT_ID,
    bucketId: id,
    bucketName: name,
    bucketType: 'allPrivate',
    bucketInfo: {},
    corsRules: [],
    lifecycleRules: [],
    options: [],
    revision: 1,
    fileLockConfiguration: {
      isClientAuthorizedToRead: true,
      value: { isFileLockEnabled: fileLock, defaultRetention: null },
    },
  };
}
