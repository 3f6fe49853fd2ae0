import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorCode, StorageError } from '../errors.ts';
import { B2Failure } from './b2-failure.ts';

const READ_BYTES = 256 * 1024;

/** A stretch of the archive that goes up in one request. */
export interface Slice {
  path: string;
  startByte: number;
  sizeBytes: number;
}

/** One that was read, and the SHA-1 of what was read. */
export interface HashedSlice extends Slice {
  sha1: string;
}

/** Reads the archive once and tells the SHA-1 of all of it and of each slice of `sliceBytes`. */
export async function hashSlices(
  file: { path: string; sizeBytes: number },
  sliceBytes: number,
  signal: AbortSignal,
): Promise<{ sha1: string; slices: HashedSlice[] }> {
  const whole = createHash('sha1');
  const slices: HashedSlice[] = [];
  for (let startByte = 0; startByte < file.sizeBytes; startByte += sliceBytes) {
    const sizeBytes = Math.min(sliceBytes, file.sizeBytes - startByte);
    const hash = createHash('sha1');
    await hashStretch(file.path, startByte, sizeBytes, [whole, hash], signal);
    slices.push({ path: file.path, startByte, sizeBytes, sha1: hash.digest('hex') });
  }
  return { sha1: whole.digest('hex'), slices };
}

/**
 * Reads slices once more and returns the SHA-1 of them together. Throws a `StorageError` where one has changed since it
 * was sent.
 */
export async function hashAgain(slices: readonly HashedSlice[], signal: AbortSignal): Promise<string> {
  const whole = createHash('sha1');
  for (const { path, startByte, sizeBytes, sha1 } of slices) {
    const hash = createHash('sha1');
    await hashStretch(path, startByte, sizeBytes, [whole, hash], signal);
    if (hash.digest('hex') === sha1) continue;
    throw new StorageError(`the archive changed at byte ${startByte} after that had been uploaded`);
  }
  return whole.digest('hex');
}

async function hashStretch(
  path: string,
  startByte: number,
  sizeBytes: number,
  hashes: readonly Hash[],
  signal: AbortSignal,
): Promise<void> {
  const source = createReadStream(path, {
    start: startByte,
    end: startByte + sizeBytes - 1,
    highWaterMark: READ_BYTES,
    signal,
  });
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) hashes.forEach((hash) => hash.update(chunk));
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(error);
  }
}

/** What B2 takes for a SHA-1 that comes behind the bytes (https://www.backblaze.com/apidocs/b2-upload-part). */
const AT_END = 'hex_digits_at_end';
const HEX_DIGITS = 40;

/** The body of a request, and what has to be told of it. */
export interface Body {
  data: Transform;
  contentLength: number;
  hash: string;
}

/**
 * Lets `send` stream a slice, whose SHA-1 goes before it where it is known, else behind it, and resolves with that and what
 * `send` has brought. Ends it when no byte has been taken, or no answer has come, for `idleMs`: a time limit
 * for the whole would also end a healthy upload on a slow line.
 */
export async function sendSlice<T>(
  slice: Slice | HashedSlice,
  options: { idleMs: number; signal: AbortSignal; onSent: (sentBytes: number) => void },
  send: (body: Body, signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; sha1: string }> {
  const knownSha1 = 'sha1' in slice ? slice.sha1 : undefined;
  const hash = knownSha1 === undefined ? createHash('sha1') : undefined;
  let sha1 = knownSha1 ?? '';
  const idle = new AbortController();
  const watchdog = setTimeout(() => idle.abort(), options.idleMs);
  let sentBytes = 0;
  let trouble: StorageError | undefined;

  const source = createReadStream(slice.path, {
    start: slice.startByte,
    end: slice.startByte + slice.sizeBytes - 1,
    highWaterMark: READ_BYTES,
  });
  source.once('error', (error) => (trouble = unreadable(error)));
  const data = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sentBytes += chunk.length;
      watchdog.refresh();
      hash?.update(chunk);
      options.onSent(sentBytes);
      done(null, chunk);
    },
    flush: (done) => {
      if (sentBytes === slice.sizeBytes) {
        sha1 = hash?.digest('hex') ?? sha1;
        return hash === undefined ? done() : done(null, Buffer.from(sha1));
      }
      // Otherwise B2 would wait for the rest, and so would we.
      trouble = new StorageError('the archive became shorter while it was uploaded');
      done(trouble);
    },
  });
  const reading = pipeline(source, data).catch(() => {});
  const contentLength = slice.sizeBytes + (hash === undefined ? 0 : HEX_DIGITS);
  try {
    const body = { data, contentLength, hash: knownSha1 ?? AT_END };
    const result = await send(body, AbortSignal.any([options.signal, idle.signal]));
    return { result, sha1 };
  } catch (error) {
    if (trouble !== undefined) throw trouble;
    options.signal.throwIfAborted();
    if (!idle.signal.aborted) throw error;
    throw new B2Failure(undefined, 'ETIMEDOUT', `nothing moved for ${options.idleMs / 1000} seconds`);
  } finally {
    clearTimeout(watchdog);
    data.destroy();
    source.destroy();
    await reading;
  }
}

function unreadable(error: unknown): StorageError {
  return new StorageError(`the archive cannot be read back from the disk: ${errorCode(error) ?? 'read error'}`);
}
