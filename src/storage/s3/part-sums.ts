import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { StorageError } from '../../core/errors.ts';
import { unreadable, type HashedPart, type Part } from '../streaming/parts.ts';

const HASH_BYTES = 1024 * 1024;

/** The sums of the bytes of a part, as S3 wants them before the bytes. */
export interface PartSums {
  sha1: string;
  sha256: string;
  /** Undefined where it is not needed: MD5 is slow, and forbidden on some machines. */
  md5: string | undefined;
}

/** Reads a part once for all its sums. It was written a moment ago, so it comes out of the memory of the system. */
export async function sumsOfPart(
  { path, startByte, sizeBytes }: Part | HashedPart,
  { withMd5, signal }: { withMd5: boolean; signal: AbortSignal },
): Promise<PartSums> {
  const sha1 = createHash('sha1');
  const sha256 = createHash('sha256');
  const md5 = withMd5 ? createHash('md5') : undefined;
  const buffer = Buffer.allocUnsafe(Math.min(HASH_BYTES, Math.max(sizeBytes, 1)));
  let readBytes = 0;
  try {
    await using file = await open(path);
    while (readBytes < sizeBytes) {
      signal.throwIfAborted();
      const length = Math.min(buffer.length, sizeBytes - readBytes);
      const { bytesRead } = await file.read(buffer, 0, length, startByte + readBytes);
      if (bytesRead === 0) break;
      const chunk = buffer.subarray(0, bytesRead);
      for (const hash of [sha1, sha256, md5]) hash?.update(chunk);
      readBytes += bytesRead;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(error);
  }
  if (readBytes < sizeBytes) throw new StorageError('the archive became shorter while it was uploaded');
  return { sha1: sha1.digest('hex'), sha256: sha256.digest('hex'), md5: md5?.digest('hex') };
}

/** Hexadecimal digits in the base64 that headers want. */
export function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}
