import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { demand, keyOf } from './authorize.ts';
import { newThrottle, throttled } from '../throttle.ts';
import type { DownloadDamage } from './faults.ts';
import { visible } from './listings.ts';
import type { FileVersion, Model } from './model.ts';
import { Refusal } from './refusal.ts';

/** The version behind a download URL: by id any, by name the newest visible one. */
export function findDownload(model: Model, path: string, query: URLSearchParams): FileVersion {
  const byName = /^\/file\/([^/]+)\/(.+)$/.exec(path);
  const bucket = [...model.buckets.values()].find(({ name }) => name === byName?.[1]);
  const name = decodeURIComponent(byName?.[2] ?? '');
  const version =
    byName === null
      ? model.versions.find(({ fileId, action }) => fileId === query.get('fileId') && action === 'upload')
      : visible(model, bucket?.id ?? '').find(({ fileName }) => fileName === name);
  if (version === undefined) throw new Refusal(404, 'not_found', 'File with such name or id does not exist.');
  return version;
}

/** Sends a version or a range of it. */
export async function download(
  model: Model,
  request: IncomingMessage,
  response: ServerResponse,
  version: FileVersion,
  options: { bytesPerSecond: number | undefined; damage: DownloadDamage | undefined },
): Promise<void> {
  const key = keyOf(model, request.headers.authorization);
  demand(key, 'readFiles', version.bucketId, version.fileName);
  const { damage } = options;
  const asked = damage?.kind === 'ignore-range' ? undefined : request.headers.range;
  const { start, end, isPart } = rangeOf(asked, version.contentLength);
  const shift = damage?.kind === 'other-range' ? 1 : 0;
  const headers: Record<string, string | number | undefined> = {
    ...(damage?.kind === 'no-length' ? {} : { 'content-length': end - start }),
    'content-type': version.contentType,
    'accept-ranges': 'bytes',
    'x-bz-file-id': version.fileId,
    'x-bz-file-name': encodeURIComponent(version.fileName).replaceAll('%2F', '/'),
    'x-bz-content-sha1': version.contentSha1,
    'x-bz-upload-timestamp': String(version.uploadTimestamp),
    ...Object.fromEntries(
      Object.entries(version.fileInfo).map(([name, value]) => [`x-bz-info-${name}`, encodeURIComponent(value)]),
    ),
    ...(isPart ? { 'content-range': `bytes ${start - shift}-${end - 1 - shift}/${version.contentLength}` } : {}),
    ...(damage?.kind === 'headers' ? damage.headers : {}),
  };
  response.writeHead(
    isPart ? 206 : 200,
    Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
  );
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const closed = new Promise<void>((resolve) => void response.once('close', resolve));
  const content = damaged(contentOf(version, start, end), damage, () => response.destroy(), closed);
  const throttles = options.bytesPerSecond === undefined ? [] : [newThrottle(options.bytesPerSecond)];
  await pipeline(throttled(content, throttles), response).catch(() => response.destroy());
}

/** The bytes from `start` up to `end`, over all pieces. */
async function* contentOf({ pieces }: FileVersion, start: number, end: number): AsyncGenerator<Buffer> {
  let pieceStart = 0;
  for (const { path, sizeBytes } of pieces) {
    const from = Math.max(start - pieceStart, 0);
    const to = Math.min(end - pieceStart, sizeBytes);
    if (from < to) yield* createReadStream(path, { start: from, end: to - 1 });
    pieceStart += sizeBytes;
  }
}

async function* damaged(
  source: AsyncIterable<Buffer>,
  damage: DownloadDamage | undefined,
  cut: () => void,
  closed: Promise<void>,
): AsyncGenerator<Buffer> {
  let sentBytes = 0;
  for await (const chunk of source) {
    if (damage?.kind === 'stall' && sentBytes + chunk.length > damage.afterBytes) {
      yield chunk.subarray(0, damage.afterBytes - sentBytes);
      await closed;
      return;
    }
    if (damage?.kind === 'corrupt' && sentBytes === 0) {
      const changed = Buffer.from(chunk);
      changed.writeUInt8(changed.readUInt8(0) ^ 0xff, 0);
      yield changed;
    } else if (damage?.kind === 'truncate' && sentBytes + chunk.length > damage.afterBytes) {
      yield chunk.subarray(0, damage.afterBytes - sentBytes);
      cut();
      return;
    } else {
      yield chunk;
    }
    sentBytes += chunk.length;
  }
}

function rangeOf(header: string | undefined, lengthBytes: number): { start: number; end: number; isPart: boolean } {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined) return { start: 0, end: lengthBytes, isPart: false };
  const start = Number(first);
  if (start >= lengthBytes) throw new Refusal(416, 'range_not_satisfiable', 'Range is outside of the file');
  const end = last === undefined || last === '' ? lengthBytes : Math.min(Number(last) + 1, lengthBytes);
  return { start, end, isPart: true };
}
