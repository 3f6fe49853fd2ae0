import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { StorageError } from '../core/errors.ts';

const ATTEMPTS_WITHOUT_A_BYTE = 6;

/** An answer that brings the bytes of an object from one byte on. */
export interface OpenedDownload {
  body: Readable;
  /** Of the whole object. */
  sizeBytes: number;
  /** What the storage knows of the bytes of the whole object. */
  sum: { algorithm: 'sha1' | 'sha256' | 'md5'; hex: string } | undefined;
}

/** What a storage does for a download that breaks off. */
export interface DownloadSource {
  /** For messages: `shop.sql.7z`, `B2`. */
  name: string;
  service: string;
  /** Asks for the bytes from one on. Refuses an answer that brings others. */
  resume(fromByte: number, ofBytes: number): Promise<OpenedDownload>;
  /** The error of an answer that ended early. */
  endedEarly(): Error;
  /** Waits before the next attempt; rejects, in words, where there is to be none. */
  afterCut(error: unknown, failures: number, isLast: boolean): Promise<void>;
}

/**
 * The bytes of an object as a stream that goes on where a connection broke off. It fails at its end where length or sum
 * differ from what the storage keeps.
 */
export function resumedDownload(first: OpenedDownload, source: DownloadSource, signal: AbortSignal): Readable {
  return Readable.from(bytesOf(first, source, signal), { objectMode: false });
}

async function* bytesOf(
  { body: firstBody, sizeBytes, sum }: OpenedDownload,
  source: DownloadSource,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash(sum?.algorithm ?? 'sha1');
  let receivedBytes = 0;
  let body = firstBody;
  for (let failures = 0; receivedBytes < sizeBytes;) {
    const reading = body;
    try {
      for await (const chunk of reading as AsyncIterable<Buffer>) {
        failures = 0;
        receivedBytes += chunk.length;
        hash.update(chunk);
        yield chunk;
      }
      if (receivedBytes >= sizeBytes) break;
      throw source.endedEarly();
    } catch (error) {
      signal.throwIfAborted();
      failures += 1;
      await source.afterCut(error, failures, failures === ATTEMPTS_WITHOUT_A_BYTE);
      ({ body } = await source.resume(receivedBytes, sizeBytes));
    } finally {
      reading.destroy();
    }
  }
  const hex = hash.digest('hex');
  if (receivedBytes !== sizeBytes || (sum !== undefined && sum.hex !== hex)) {
    const { name, service } = source;
    const algorithm = ALGORITHM_NAMES[sum?.algorithm ?? 'sha1'];
    throw new StorageError(
      `${name} came damaged from ${service}: ${receivedBytes} of ${sizeBytes} bytes came, with the ${algorithm} ${hex} instead of ${sum?.hex}`,
      `Try again. If the ${algorithm} is the same then, the archive is damaged where it is stored: restore an older one.`,
    );
  }
}

const ALGORITHM_NAMES = { sha1: 'SHA-1', sha256: 'SHA-256', md5: 'MD5' } as const;
