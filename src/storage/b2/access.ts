import { StorageError } from '../../core/errors.ts';
import { bucketsIn, textIn } from './answers.ts';
import type { B2Client } from './client.ts';
import { fieldOf } from './failure.ts';

/**
 * The id of a bucket. A key of one bucket brings it along, and may often not ask for it; any other key looks it up by name
 * (https://www.backblaze.com/apidocs/b2-list-buckets).
 */
export async function findBucketId(client: B2Client, bucket: string, signal: AbortSignal): Promise<string> {
  const { allowed } = await client.session(signal);
  if (allowed.bucketId !== undefined && allowed.bucketName === bucket) return allowed.bucketId;
  if (allowed.bucketId !== undefined) {
    throw new StorageError(
      allowed.bucketName === undefined
        ? `the application key is restricted to a bucket that is gone, not to ${bucket}`
        : `the application key is restricted to the bucket ${allowed.bucketName}, not to ${bucket}`,
      'Set B2_BUCKET to its bucket, or use a key that reaches the other.',
    );
  }
  const buckets = await client.call(
    (b2) => b2.getBucket(bucket),
    ({ data }) => bucketsIn(data),
    signal,
  );
  const match = buckets.find((one) => fieldOf(one, 'bucketName') === bucket);
  if (match === undefined) {
    throw new StorageError(
      `there is no bucket ${bucket} in this B2 account`,
      'Create it (private) at Backblaze, or correct B2_BUCKET.',
    );
  }
  return textIn(match, 'bucketId');
}

/** Fails before hours of dumping where the key could not store the archive. */
export async function checkMayStore(client: B2Client, name: string, signal: AbortSignal): Promise<void> {
  const { allowed } = await client.session(signal);
  if (!allowed.capabilities.includes('writeFiles')) {
    throw new StorageError(
      'the application key lacks the capability writeFiles',
      'Create a key with read and write access to the bucket.',
    );
  }
  const { namePrefix } = allowed;
  if (namePrefix !== undefined && !name.startsWith(namePrefix)) {
    throw new StorageError(
      `the application key may only store names that begin with ${namePrefix}, and ${name} does not`,
      `Give the server an archive name under it: --archive-name ${namePrefix}…`,
    );
  }
}

/** The capabilities that pgbak uses, beyond storing (https://www.backblaze.com/docs/cloud-storage-application-keys). */
const USES: readonly [capability: string, withoutIt: string][] = [
  [
    'listFiles',
    'it may not list files (listFiles): pgbak cannot see what is stored, verify it, prune it, or find what a broken line left',
  ],
  ['readFiles', 'it may not read files (readFiles): restore and verify need another key'],
];

/** What the application key does not allow, a sentence each. A key that may not remove files is recommended. */
export async function limitsOfKey(client: B2Client, signal: AbortSignal): Promise<string[]> {
  const { capabilities } = (await client.session(signal)).allowed;
  return USES.flatMap(([capability, sentence]) => (capabilities.includes(capability) ? [] : [sentence]));
}
