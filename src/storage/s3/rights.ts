import type { S3Client } from './client.ts';
import { noObjectLock } from '../object-lock.ts';
import { isDenied, isGone, isUnsupported, S3Failure } from './failure.ts';
import type { Keys } from './keys.ts';
import type { Versioning } from './objects.ts';

/** Whether the key may list what begins so. */
export async function mayList(client: S3Client, prefix: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.call((api, sending) => api.listObjects({ Prefix: prefix, MaxKeys: 1 }, sending), signal);
    return true;
  } catch (error) {
    if (error instanceof S3Failure && error.code === 'AccessDenied') return false;
    throw error;
  }
}

/**
 * Refuses a bucket without Object Lock. A key that may not ask is believed: then the service refuses the test upload.
 *
 * @throws StorageError where the bucket has none, or the service knows none
 */
export async function refuseWithoutLock(client: S3Client, signal: AbortSignal): Promise<void> {
  const { bucket } = client.account;
  const how = `aws s3api put-object-lock-configuration --bucket ${bucket} --object-lock-configuration ObjectLockEnabled=Enabled (many services take it only when a bucket is made)`;
  try {
    const isEnabled = await client.call(
      async (api, sending) => (await api.objectLock(sending)).ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
      signal,
    );
    if (!isEnabled) throw noObjectLock(bucket, how);
  } catch (error) {
    if (!(error instanceof S3Failure) || isDenied(error)) {
      if (error instanceof S3Failure) return;
      throw error;
    }
    if (isUnsupported(error) || isGone(error)) throw noObjectLock(bucket, how);
    throw error;
  }
}

/** What the key does not allow, a sentence each. A key that may not remove is recommended. */
export async function limitsOf(
  client: S3Client,
  keys: Keys,
  versioning: Versioning,
  signal: AbortSignal,
): Promise<string[]> {
  const cannotList =
    'it may not list the bucket (s3:ListBucket): pgbak cannot verify, prune, or remove what a lost connection left';
  const cannotAsk =
    'it may not ask whether the bucket keeps versions (s3:GetBucketVersioning): a removed backup may stay as a hidden version';
  return [
    ...((await mayList(client, keys.keyOf(''), signal)) ? [] : [cannotList]),
    ...(versioning === 'unknown' ? [cannotAsk] : []),
  ];
}
