import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, Piece } from './model.ts';
import { badRequest } from './refusal.ts';

/** Lets bytes through at a rate; unlimited without one. */
export async function* throttled(source: AsyncIterable<Buffer>, bytesPerSecond?: number): AsyncGenerator<Buffer> {
  const began = performance.now();
  let passedBytes = 0;
  for await (const chunk of source) {
    yield chunk;
    passedBytes += chunk.length;
    if (bytesPerSecond === undefined) continue;
    const earlyMs = (1000 * passedBytes) / bytesPerSecond - (performance.now() - began);
    if (earlyMs > 1) await sleep(earlyMs);
  }
}

const HEX_DIGITS = 40;

/**
 * Stores an upload's body on disk and checks it against its SHA-1 header, in every form that B2 takes. `onBytes` may
 * throw to break it off.
 */
export async function receive(
  model: Model,
  request: IncomingMessage,
  bytesPerSecond: number | undefined,
  onBytes: (receivedBytes: number) => void,
): Promise<Piece> {
  const announced = request.headers['content-length'];
  if (announced === undefined || request.headers['transfer-encoding'] !== undefined) {
    throw badRequest('Missing header: Content-Length');
  }
  const header = String(request.headers['x-bz-content-sha1'] ?? '');
  const isAtEnd = header === 'hex_digits_at_end';
  const isUnchecked = header === 'do_not_verify' || header.startsWith('unverified:');
  if (!isAtEnd && !isUnchecked && !/^[\da-f]{40}$/i.test(header)) throw badRequest('Missing header: X-Bz-Content-Sha1');

  const path = join(model.directory, `body-${model.nextNumber()}`);
  const hash = createHash('sha1');
  let held: Buffer = Buffer.alloc(0);
  let receivedBytes = 0;
  try {
    await pipeline(
      throttled(request, bytesPerSecond),
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          receivedBytes += chunk.length;
          onBytes(receivedBytes);
          const all = isAtEnd ? Buffer.concat([held, chunk]) : chunk;
          const content = isAtEnd ? all.subarray(0, Math.max(0, all.length - HEX_DIGITS)) : all;
          held = isAtEnd ? all.subarray(content.length) : held;
          hash.update(content);
          yield content;
        }
      },
      createWriteStream(path),
    );
    if (receivedBytes !== Number(announced)) throw badRequest('Body is shorter than Content-Length');
    const sha1 = hash.digest('hex');
    const expected = isAtEnd ? held.toString() : header.toLowerCase();
    if (!isUnchecked && sha1 !== expected) throw badRequest('Sha1 did not match data received');
    return { path, sizeBytes: isAtEnd ? receivedBytes - HEX_DIGITS : receivedBytes, sha1 };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** The JSON of a call; GET calls carry it in the query. */
export async function readJson(request: IncomingMessage, query: URLSearchParams): Promise<Record<string, unknown>> {
  if (request.method === 'GET') return Object.fromEntries(query);
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request as AsyncIterable<string>) text += chunk;
  if (text === '') return {};
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw badRequest('Request is not a JSON object');
  return { ...value };
}
