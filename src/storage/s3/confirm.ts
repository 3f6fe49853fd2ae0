import { createHash } from 'node:crypto';
import { StorageError } from '../../core/errors.ts';
import type { HashedPart } from '../streaming/parts.ts';
import { isDenied, malformed, S3Failure } from './failure.ts';
import { headOf, type Head } from './objects.ts';
import { findStored, TICKET_FACT } from './settle.ts';
import type { S3Upload, Stored } from './upload.ts';

/** An object that S3 has, with the size of the archive. */
interface Confirmed {
  versionId: string | undefined;
  sizeBytes: number;
  storedAt: Date;
}

/**
 * Asks for an object that was just stored: only what S3 gives as its own, of the right size and sum, counts as stored. A key
 * that may store and not read has the answer to the upload alone, whose bytes the service has compared.
 *
 * @throws StorageError where it is another object, or of other bytes
 */
export async function confirmStored(
  upload: S3Upload,
  stored: Stored,
  archive: { sizeBytes: number; sha256: string | undefined },
): Promise<Confirmed> {
  const { client, key, isVersioned, signal, attempts, ticket } = upload;
  if (isVersioned && stored.versionId === undefined) {
    stored = (await findStored(upload, signal)) ?? stored;
    if (stored.versionId === undefined) throw malformed('names no version');
  }
  const { versionId } = stored;
  let head: Head | undefined;
  try {
    const asked = { Key: key, ...(isVersioned && versionId !== undefined ? { VersionId: versionId } : {}) };
    head = stored.head ?? (await headOf(client, asked, signal, { attempts }));
  } catch (error) {
    if (!(error instanceof S3Failure && isDenied(error))) throw error;
    return { versionId, sizeBytes: archive.sizeBytes, storedAt: client.clock.now() };
  }
  const isOurs = head?.info[TICKET_FACT] === ticket;
  const isSame = head?.sizeBytes === archive.sizeBytes && hasSum(head.sha256, archive.sha256);
  if (head !== undefined && isOurs && isSame) return { versionId, sizeBytes: head.sizeBytes, storedAt: head.storedAt };
  throw new StorageError(
    head === undefined
      ? `S3 says that it stored ${key}, and has it not`
      : !isOurs
        ? `another program stored something else as ${key} at the same time`
        : `S3 stored something else than the archive: ${head.sizeBytes} bytes with the SHA-256 ${head.sha256} instead of ${archive.sizeBytes} with ${archive.sha256}`,
    'Do not trust that version. Look at it in the bucket, and run again: pgbak run --force',
  );
}

/** The sum that S3 makes of the sums of parts, as a HEAD tells it. */
export function sumOfParts(parts: readonly HashedPart[]): string | undefined {
  const hash = createHash('sha256');
  for (const { sha256 } of parts) {
    if (sha256 === undefined) return undefined;
    hash.update(Buffer.from(sha256, 'hex'));
  }
  return `${hash.digest('base64')}-${parts.length}`;
}

/** Services differ in which sum they tell of an object in parts, and many tell none. */
export function hasSum(told: string | undefined, sent: string | undefined): boolean {
  if (told === undefined || sent === undefined) return true;
  return told === sent || told.includes('-') !== sent.includes('-');
}
