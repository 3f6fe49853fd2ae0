import { ObjectLockError } from '../../core/errors.ts';
import type { S3Client } from './client.ts';
import { isDenied, isGone, malformed, S3Failure } from './failure.ts';
import { listVersions } from './listing.ts';
import { headUnlessDenied, type Versioning } from './objects.ts';

/** Removes one backup for good, and asks whether it is gone. One that was gone before is no failure. */
export async function removeBackup(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  versioning: Versioning,
  signal: AbortSignal,
): Promise<void> {
  const keepsVersions = versioning === 'enabled' || versioning === 'suspended';
  const all = object.VersionId === undefined && keepsVersions ? await versionsOf(client, object.Key, signal) : [object];
  for (const one of all) {
    try {
      await client.call((api, sending) => api.remove(one, sending), signal);
    } catch (error) {
      if (!(error instanceof S3Failure)) throw error;
      if (isGone(error)) continue;
      throw await lockedError(client, one, error, signal);
    }
    const left = await headUnlessDenied(client, one, signal);
    if (left === undefined || left === 'denied') continue;
    if (left.lock !== undefined) throw locked(left.lock);
    throw malformed('says that the object is removed, and it is still there');
  }
}

/** A key that has versions gets, without a version, a mark in front of them. */
async function versionsOf(client: S3Client, key: string, signal: AbortSignal) {
  const versions: { Key: string; VersionId: string }[] = [];
  for await (const one of listVersions(client, key, signal)) {
    if (one.key === key) versions.push({ Key: key, VersionId: one.versionId ?? 'null' });
  }
  return versions;
}

async function lockedError(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  failure: S3Failure,
  signal: AbortSignal,
): Promise<Error> {
  if (!isDenied(failure)) return failure;
  const head = await headUnlessDenied(client, object, signal).catch(() => undefined);
  if (typeof head === 'object' && head.lock !== undefined) return locked(head.lock);
  return /object ?lock|worm|retention/i.test(failure.message) ? locked('') : failure;
}

function locked(how: string): ObjectLockError {
  return new ObjectLockError(
    `Object Lock keeps this version${how === '' ? '' : ` ${how}`}`,
    'It can be removed when the lock has run out.',
  );
}
