import type { S3Client } from './client.ts';
import { S3Failure } from './failure.ts';
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
