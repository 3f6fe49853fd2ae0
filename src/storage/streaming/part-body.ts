import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StorageError } from '../../core/errors.ts';
import type { RateLimit } from './rate-limit.ts';
import { READ_BYTES, unreadable, type HashedPart, type Part } from './parts.ts';

/** Says to B2 that the SHA-1 follows the bytes (https://www.backblaze.com/apidocs/b2-upload-part). */
const AT_END = 'hex_digits_at_end';
const HEX_DIGITS = 40;

/** The body of a request, and its headers. */
export interface Body {
  data: Transform;
  contentLength: number;
  hash: string;
}

/**
 * Lets `send` stream a part, with its SHA-1 before the bytes where it is known, else behind them. Resolves with the sums
 * and the result of `send`. Ends the request when no byte was taken, or no answer came, for `idleMs`: a limit for the
 * whole request would also end a healthy upload on a slow line.
 */
export async function sendPart<T>(
  part: Part | HashedPart,
  options: {
    idleMs: number;
    rate?: RateLimit | undefined;
    signal: AbortSignal;
    onSent: (sentBytes: number) => void;
    /** The failure of a connection on which nothing moved. */
    stalled: (message: string) => Error;
  },
  send: (body: Body, signal: AbortSignal) => Promise<T>,
): Promise<{ result: T; sha1: string; sha256?: string }> {
  const knownSha1 = 'sha1' in part ? part.sha1 : undefined;
  const hash = knownSha1 === undefined ? createHash('sha1') : undefined;
  const strongHash = knownSha1 === undefined ? createHash('sha256') : undefined;
  let sha1 = knownSha1 ?? '';
  const idle = new AbortController();
  const ended = new AbortController();
  const watchdog = setTimeout(() => idle.abort(), options.idleMs);
  let sentBytes = 0;
  let trouble: StorageError | undefined;

  const stopped = AbortSignal.any([options.signal, idle.signal, ended.signal]);
  const source = createReadStream(part.path, {
    start: part.startByte,
    end: part.startByte + part.sizeBytes - 1,
    highWaterMark: options.rate?.pieceBytes ?? READ_BYTES,
  });
  source.once('error', (error) => (trouble = unreadable(error)));
  const data = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const pass = () => {
        sentBytes += chunk.length;
        watchdog.refresh();
        hash?.update(chunk);
        strongHash?.update(chunk);
        options.onSent(sentBytes);
        done(null, chunk);
      };
      if (options.rate === undefined) pass();
      else options.rate.take(chunk.length, stopped).then(pass, done);
    },
    flush: (done) => {
      if (sentBytes === part.sizeBytes) {
        sha1 = hash?.digest('hex') ?? sha1;
        return hash === undefined ? done() : done(null, Buffer.from(sha1));
      }
      // B2 would wait for the rest otherwise.
      trouble = new StorageError('the archive became shorter while it was uploaded');
      done(trouble);
    },
  });
  // A request that only takes from its body would wait for a body that broke.
  const reading = pipeline(source, data).catch(() => ended.abort());
  const contentLength = part.sizeBytes + (hash === undefined ? 0 : HEX_DIGITS);
  try {
    const body = { data, contentLength, hash: knownSha1 ?? AT_END };
    const result = await send(body, stopped);
    return { result, sha1, ...(strongHash === undefined ? {} : { sha256: strongHash.digest('hex') }) };
  } catch (error) {
    if (trouble !== undefined) throw trouble;
    options.signal.throwIfAborted();
    if (!idle.signal.aborted) throw error;
    throw options.stalled(`nothing moved for ${options.idleMs / 1000} seconds`);
  } finally {
    clearTimeout(watchdog);
    data.destroy();
    source.destroy();
    await reading;
  }
}
