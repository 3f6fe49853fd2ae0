import type { StoredObject } from '../storage.ts';
import type { CallOptions, S3Client } from './client.ts';
import { factsIn } from './facts.ts';
import { isDenied, isGone, isUnsupported, malformed, S3Failure } from './failure.ts';
import { commonStart, readKey, type Keys } from './keys.ts';
import { listObjects, listVersions, timeOf, type Listed } from './listing.ts';

/** What a bucket does with an object that gets stored or removed again. */
export type Versioning = 'enabled' | 'suspended' | 'none' | 'unknown';

/**
 * Asks whether the bucket keeps versions (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html).
 * Unknown to a key that may not ask.
 */
export async function versioningOf(client: S3Client, signal: AbortSignal): Promise<Versioning> {
  try {
    const { Status } = await client.call((api, sending) => api.versioning(sending), signal);
    return Status === 'Enabled' ? 'enabled' : Status === 'Suspended' ? 'suspended' : 'none';
  } catch (error) {
    if (error instanceof S3Failure && isUnsupported(error)) return 'none';
    if (error instanceof S3Failure && error.code === 'AccessDenied') return 'unknown';
    throw error;
  }
}

/** An object as it is stored. */
export interface Head {
  sizeBytes: number;
  versionId: string | undefined;
  etag: string | undefined;
  /** In base64, of parts with `-N` behind it. */
  sha256: string | undefined;
  info: Record<string, string>;
  lock: string | undefined;
  storedAt: Date;
}

/** Asks for one object (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html); undefined where it is gone. */
export async function headOf(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  signal: AbortSignal,
  options: Pick<CallOptions<unknown>, 'attempts'> = {},
): Promise<Head | undefined> {
  try {
    return await client.call(
      async (api, sending) => {
        const answer = await api.head(object, sending);
        if (answer.ContentLength === undefined) throw malformed('tells no size');
        return {
          sizeBytes: answer.ContentLength,
          versionId: answer.VersionId,
          etag: answer.ETag,
          sha256: answer.ChecksumSHA256,
          info: factsIn(answer.Metadata),
          lock: lockOf(answer.ObjectLockLegalHoldStatus, answer.ObjectLockRetainUntilDate),
          storedAt: timeOf(answer.LastModified),
        };
      },
      signal,
      options,
    );
  } catch (error) {
    // A version that is a mark of a deletion is not allowed to be asked for.
    if (error instanceof S3Failure && (isGone(error) || error.status === 405)) return undefined;
    throw error;
  }
}

function lockOf(legalHold: string | undefined, until: Date | undefined): string | undefined {
  if (legalHold === 'ON') return 'by a legal hold';
  if (until === undefined || until.getTime() <= Date.now()) return undefined;
  return `until ${until.toISOString()}`;
}

/** Objects that are asked for at once: a listing tells no facts. */
const AT_ONCE = 16;

/** The backups in a place whose name begins with `prefix`, by name and then newest first, with their facts. */
export async function* listBackups(
  client: S3Client,
  { keys, versioning, prefix }: { keys: Keys; versioning: Versioning; prefix: string },
  signal: AbortSignal,
): AsyncGenerator<StoredObject> {
  const found: (StoredObject & { asked: { Key: string; VersionId?: string }; number: number })[] = [];
  const stamped = new Set<string>();
  for await (const { key, versionId, isMarker, sizeBytes, storedAt } of listAll(
    client,
    { versioning, prefix: keys.keyOf(commonStart(prefix)) },
    signal,
  )) {
    const file = keys.nameOf(key);
    if (isMarker || file === undefined) continue;
    const { name, stampedAt, number } = readKey(file);
    if (!name.startsWith(prefix)) continue;
    if (stampedAt !== undefined) {
      // Versions of it, newest first, are copies of one backup.
      if (stamped.has(key)) continue;
      stamped.add(key);
      const asked = { Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
      found.push({ name, id: key, sizeBytes, storedAt: stampedAt, asked, number });
    } else if (versionId !== undefined) {
      found.push({ name, id: versionId, sizeBytes, storedAt, asked: { Key: key, VersionId: versionId }, number });
    }
  }
  // Versions of one second stay in the order of the service, which is newest first.
  found.sort(
    (a, b) =>
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) ||
      b.storedAt.getTime() - a.storedAt.getTime() ||
      b.number - a.number,
  );
  for (let i = 0; i < found.length; i += AT_ONCE) {
    const group = found.slice(i, i + AT_ONCE).map(async ({ asked, number: _number, ...object }) => {
      const head = await headUnlessDenied(client, asked, signal);
      if (head === undefined) return [];
      if (head === 'denied') return [object];
      return [{ ...object, info: head.info, ...(head.lock === undefined ? {} : { lock: head.lock }) }];
    });
    yield* (await Promise.all(group)).flat();
  }
}

async function* listAll(
  client: S3Client,
  { versioning, prefix }: { versioning: Versioning; prefix: string },
  signal: AbortSignal,
): AsyncGenerator<Listed> {
  if (versioning === 'none' || versioning === 'unknown') yield* listObjects(client, prefix, signal);
  else yield* listVersions(client, prefix, signal);
}

/** The same; `denied` where the key may not ask. */
export async function headUnlessDenied(
  client: S3Client,
  object: { Key: string; VersionId?: string },
  signal: AbortSignal,
): Promise<Head | 'denied' | undefined> {
  try {
    return await headOf(client, object, signal);
  } catch (error) {
    if (error instanceof S3Failure && isDenied(error)) return 'denied';
    throw error;
  }
}

/** The key of a backup, and its version where the key has several. */
export function locate(object: { id: string; name: string }, keys: Keys): { Key: string; VersionId?: string } {
  const file = keys.nameOf(object.id);
  const isStamped = file !== undefined && readKey(file).stampedAt !== undefined;
  return isStamped ? { Key: object.id } : { Key: keys.keyOf(object.name), VersionId: object.id };
}
