import { createHash } from 'node:crypto';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { throttled, type Throttle } from '../throttle.ts';
import type { Model, Piece } from './model.ts';
import { badRequest } from './refusal.ts';

const HEX_DIGITS = 40;

/**
 * Stores an upload's body on disk and checks it against its SHA-1 header, in every form that B2 takes. `onBytes` may
 * throw to break it off.
 */
export async function receive(
  model: Model,
  request: IncomingMessage,
  throttles: readonly Throttle[],
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

  const contentBytes = Number(announced) - (isAtEnd ? HEX_DIGITS : 0);
  const path = join(model.directory, `body-${model.nextNumber()}`);
  const file = openSync(path, 'w');
  const hash = createHash('sha1');
  let digest = '';
  let receivedBytes = 0;
  try {
    for await (const chunk of throttles.length === 0 ? request : throttled(request, throttles)) {
      const content = chunk.subarray(0, Math.max(0, contentBytes - receivedBytes));
      digest += chunk.subarray(content.length).toString('latin1');
      receivedBytes += chunk.length;
      onBytes(receivedBytes);
      hash.update(content);
      appendFileSync(file, content);
    }
    if (receivedBytes !== Number(announced)) throw badRequest('Body is shorter than Content-Length');
    const sha1 = hash.digest('hex');
    if (!isUnchecked && sha1 !== (isAtEnd ? digest : header.toLowerCase())) {
      throw badRequest('Sha1 did not match data received');
    }
    return { path, sizeBytes: contentBytes, sha1 };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
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
