import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { throttled, uploadThrottles, type UploadRates } from '../throttle.ts';
import { compareSums, element, Refusal, sendVersion } from './answers.ts';
import { listing, PAGE } from './listing.ts';
import { Bucket, md5Of, sha256Of, type Version, type VersioningState } from './model.ts';

export interface S3Server extends AsyncDisposable {
  url: string;
  bucket: Bucket;
  /** The id of the only access key. */
  accessKeyId: string;
}

export interface S3ServerOptions extends UploadRates {
  bucket: string;
  versioning?: VersioningState;
  /** A service of today sends sums of SHA-256 back. */
  knowsSha256?: boolean;
  /** Versions before the last of a key go, so that much can be stored in little memory. */
  keepsOnlyLast?: boolean;
}

const LEAST_PART_BYTES = 5 * 1024 * 1024;

/**
 * A service that speaks S3 as AWS describes it, with one bucket in memory: versions, multipart uploads, Object Lock, and sums that
 * it compares. Signatures it does not compare.
 */
export async function startS3Server({
  bucket: name,
  versioning,
  knowsSha256 = true,
  keepsOnlyLast = false,
  ...rates
}: S3ServerOptions): Promise<S3Server> {
  const bucket = new Bucket(name, versioning, keepsOnlyLast);
  const throttlesOfUpload = uploadThrottles(rates);
  const accessKeyId = `AKIA${randomBytes(8).toString('hex').toUpperCase()}`;
  const server = createServer((request, response) => {
    request.on('error', () => {});
    void handle(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const { status, code, message } =
        error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
      if (!request.complete) response.setHeader('connection', 'close');
      response.writeHead(status, { 'content-type': 'application/xml' });
      const body = `<?xml version="1.0"?><Error>${element('Code', code)}${element('Message', message)}</Error>`;
      response.end(request.method === 'HEAD' ? '' : body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bucket,
    accessKeyId,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, first = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const query = url.searchParams;
    if (request.headers.authorization?.includes(`Credential=${accessKeyId}/`) !== true) {
      throw new Refusal(403, 'InvalidAccessKeyId');
    }
    if (decodeURIComponent(first) !== bucket.name) throw new Refusal(404, 'NoSuchBucket');
    const body = await buffer(throttled(request, throttlesOfUpload()));
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([header, value]) =>
        typeof value === 'string' ? [[header, value]] : [],
      ),
    );
    if (body.length > 0) compareSums(body, headers);
    const xml = (root: string, text: string) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0" encoding="UTF-8"?><${root}>${text}</${root}>`);
    };
    const sumHeader = (sha256: string | undefined): Record<string, string> =>
      knowsSha256 && sha256 !== undefined ? { 'x-amz-checksum-sha256': sha256 } : {};
    const versionHeader = ({ versionId }: Version): Record<string, string> =>
      bucket.versioning === undefined ? {} : { 'x-amz-version-id': versionId };

    if (key === '') return listing(bucket, query, xml);
    const uploadId = query.get('uploadId');
    const upload = bucket.uploads.find((one) => one.uploadId === uploadId && one.key === key);
    if (uploadId !== null && upload === undefined) throw new Refusal(404, 'NoSuchUpload');

    if (headers['x-amz-object-lock-mode'] !== undefined && !bucket.hasLock) {
      throw new Refusal(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration');
    }
    if (request.method === 'POST' && query.has('uploads')) {
      const begun = {
        key,
        uploadId: randomBytes(12).toString('hex'),
        initiated: new Date(),
        headers,
        parts: new Map(),
      };
      bucket.uploads.push(begun);
      return xml('InitiateMultipartUploadResult', element('Key', key) + element('UploadId', begun.uploadId));
    }
    if (upload !== undefined) {
      if (request.method === 'PUT') {
        // A sum in the headers was compared.
        const sha256 = headers['x-amz-checksum-sha256'] ?? sha256Of(body);
        const part = { content: body, md5: md5Of(body), sha256 };
        upload.parts.set(Number(query.get('partNumber')), part);
        response.writeHead(200, { etag: `"${part.md5}"`, ...sumHeader(headers['x-amz-checksum-sha256']) });
        return void response.end();
      }
      if (request.method === 'DELETE') {
        bucket.uploads = bucket.uploads.filter((one) => one !== upload);
        return void response.writeHead(204).end();
      }
      if (request.method === 'GET') {
        const parts = [...upload.parts].toSorted(([a], [b]) => a - b).slice(0, Number(query.get('max-parts') ?? PAGE));
        const texts = parts.map(
          ([number, { content, md5, sha256 }]) =>
            `<Part>${element('PartNumber', number)}${element('ETag', `"${md5}"`)}${element('Size', content.length)}${element('ChecksumSHA256', knowsSha256 ? sha256 : undefined)}</Part>`,
        );
        return xml('ListPartsResult', texts.join(''));
      }
      if (headers['if-none-match'] === '*' && isThere(key)) throw new Refusal(412, 'PreconditionFailed');
      const numbers = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, text]) => Number(text));
      const parts = numbers.map((number) => {
        const part = upload.parts.get(number);
        if (part === undefined || !body.includes(part.md5)) throw new Refusal(400, 'InvalidPart');
        return part;
      });
      // As Ceph does.
      if (numbers.length !== upload.parts.size) throw new Refusal(400, 'InvalidPart', 'parts were left out');
      if (parts.slice(0, -1).some(({ content }) => content.length < LEAST_PART_BYTES)) {
        throw new Refusal(400, 'EntityTooSmall');
      }
      const all = (encoding: 'hex' | 'base64', sums: string[]) =>
        Buffer.concat(sums.map((sum) => Buffer.from(sum, encoding)));
      const etag = `"${md5Of(
        all(
          'hex',
          parts.map(({ md5 }) => md5),
        ),
      )}-${parts.length}"`;
      const sha256 = `${sha256Of(
        all(
          'base64',
          parts.map((part) => part.sha256),
        ),
      )}-${parts.length}`;
      const version = bucket.store(key, Buffer.concat(parts.map(({ content }) => content)), upload.headers, {
        etag,
        sha256: upload.headers['x-amz-checksum-algorithm'] === 'SHA256' ? sha256 : undefined,
      });
      bucket.uploads = bucket.uploads.filter((one) => one !== upload);
      for (const [header, value] of Object.entries(versionHeader(version))) response.setHeader(header, value);
      const told = element('ETag', etag) + element('ChecksumSHA256', knowsSha256 ? version.sha256 : undefined);
      return xml('CompleteMultipartUploadResult', element('Key', key) + told);
    }
    if (request.method === 'PUT') {
      if (headers['if-none-match'] === '*' && isThere(key)) throw new Refusal(412, 'PreconditionFailed');
      const etag = `"${md5Of(body)}"`;
      const version = bucket.store(key, body, headers, { etag, sha256: headers['x-amz-checksum-sha256'] });
      response.writeHead(200, { etag, ...sumHeader(version.sha256), ...versionHeader(version) });
      return void response.end();
    }
    const versionId = query.get('versionId');
    const version = bucket.find(key, versionId);
    if (request.method === 'DELETE') {
      if (version?.retainUntil !== undefined && version.retainUntil > new Date() && versionId !== null) {
        throw new Refusal(403, 'AccessDenied', 'Access Denied because object protected by object lock.');
      }
      if (versionId !== null || bucket.versioning === undefined) {
        bucket.versions = bucket.versions.filter((one) => one !== version);
      } else {
        const marker = {
          key,
          content: Buffer.alloc(0),
          etag: '',
          sha256: undefined,
          headers: {},
          lastModified: new Date(),
        };
        bucket.put({
          ...marker,
          isMarker: true,
          versionId: bucket.versioning === 'Enabled' ? randomBytes(12).toString('hex') : 'null',
        });
      }
      return void response.writeHead(204).end();
    }
    if (version === undefined || (version.isMarker && versionId === null)) {
      throw new Refusal(404, versionId === null ? 'NoSuchKey' : 'NoSuchVersion');
    }
    if (version.isMarker) throw new Refusal(405, 'MethodNotAllowed');
    sendVersion(request, response, version, { ...sumHeader(version.sha256), ...versionHeader(version) });
  }

  function isThere(key: string): boolean {
    return bucket.find(key, null)?.isMarker === false;
  }
}
