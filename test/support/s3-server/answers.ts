import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Version } from './model.ts';

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const escaped = (text: string) =>
  text.replaceAll(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one] ?? '&quot;');
export const element = (name: string, value: string | number | boolean | undefined) =>
  value === undefined ? '' : `<${name}>${escaped(String(value))}</${name}>`;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
export function sendVersion(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  { content, etag, lastModified, headers: stored, retainUntil }: Version,
  more: Record<string, string>,
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const kept = Object.entries(stored).filter(
    ([name]) => name.startsWith('x-amz-meta-') || name === 'x-amz-storage-class',
  );
  response.writeHead(start > 0 ? 206 : 200, {
    ...Object.fromEntries(kept),
    ...more,
    etag,
    'last-modified': lastModified.toUTCString(),
    'content-length': String(content.length - start),
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    ...(retainUntil === undefined
      ? {}
      : { 'x-amz-object-lock-mode': 'COMPLIANCE', 'x-amz-object-lock-retain-until-date': retainUntil.toISOString() }),
  });
  response.end(method === 'HEAD' ? undefined : content.subarray(start));
}

/** A service refuses bytes that are not those of the sums in the headers. */
export function compareSums(body: Buffer, headers: Record<string, string>): void {
  const signed = headers['x-amz-content-sha256'];
  const sha256 = createHash('sha256').update(body).digest();
  if (signed !== undefined && /^[\da-f]{64}$/.test(signed) && signed !== sha256.toString('hex')) {
    throw new Refusal(400, 'XAmzContentSHA256Mismatch');
  }
  const checksum = headers['x-amz-checksum-sha256'];
  if (checksum !== undefined && checksum !== sha256.toString('base64')) throw new Refusal(400, 'BadDigest');
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== createHash('md5').update(body).digest('base64')) throw new Refusal(400, 'BadDigest');
}
