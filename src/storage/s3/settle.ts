import { listVersions } from './listing.ts';
import { headOf, type Head } from './objects.ts';
import type { S3Upload, Stored } from './upload.ts';

/** The fact that holds an upload's ticket. */
export const TICKET_FACT = 'pgbak-upload';

/** Enough for a listing and two removals. */
export const SETTLE_WITHIN_MS = 15_000;
/** A lost version is among the newest of its key. */
const NEWEST = 8;

/** The object that this very upload made; undefined where there is none. */
export async function findStored(upload: S3Upload, signal: AbortSignal): Promise<Stored | undefined> {
  const [first] = await storedBy(upload, signal);
  return first;
}

async function storedBy({ client, key, isVersioned, ticket }: S3Upload, signal: AbortSignal): Promise<Stored[]> {
  const heads: (Head | undefined)[] = [];
  if (isVersioned) {
    let seen = 0;
    for await (const { key: listed, versionId = 'null', isMarker } of listVersions(client, key, signal)) {
      if (listed !== key || seen >= NEWEST) break;
      if (isMarker) continue;
      seen += 1;
      const head = await headOf(client, { Key: key, VersionId: versionId }, signal);
      heads.push(head === undefined ? undefined : { ...head, versionId });
    }
  } else heads.push(await headOf(client, { Key: key }, signal));
  return heads.flatMap((head) =>
    head !== undefined && head.info[TICKET_FACT] === ticket ? [{ versionId: head.versionId, head }] : [],
  );
}

/** Removes all that an upload stored but `keep`, after doubtful answers. Calls `onUnsettled` where that fails. */
export async function removeDuplicates(upload: S3Upload, keep: Stored | undefined, signal: AbortSignal): Promise<void> {
  const { client, key, isVersioned } = upload;
  // A key without versions holds one object at most.
  if (keep !== undefined && !isVersioned) return;
  try {
    for (const { versionId } of await storedBy(upload, signal)) {
      if (keep !== undefined && keep.versionId === versionId) continue;
      const version = versionId === undefined ? {} : { VersionId: versionId };
      await client.call((api, sending) => api.remove({ Key: key, ...version }, sending), signal);
    }
  } catch {
    upload.onUnsettled();
  }
}
