import { createHash, createHmac } from 'node:crypto';

/** A server of S3, and an account there. */
export interface S3Endpoint {
  /** `http://127.0.0.1:9000` */
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Answer {
  status: number;
  headers: Headers;
  body: Buffer;
  text: string;
}

export interface S3Request {
  method?: string;
  /** `/bucket/key`, not yet encoded. */
  path: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | string;
}

const hex = (content: Buffer | string) => createHash('sha256').update(content).digest('hex');
const hmac = (key: Buffer | string, text: string) => createHmac('sha256', key).update(text).digest();

/** RFC 3986, as Signature Version 4 wants it; slashes of a path stay. */
const encoded = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.codePointAt(0)?.toString(16).toUpperCase()}`);

/**
 * Asks a server of S3 by one request, signed by Signature Version 4
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). A referee of the tests: it shares nothing
 * with what pgbak asks with, and tries nothing twice.
 */
export async function signedFetch(
  { url, region, accessKeyId, secretAccessKey }: S3Endpoint,
  { method = 'GET', path, query = {}, headers = {}, body = '' }: S3Request,
): Promise<S3Answer> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const canonicalPath = path.split('/').map(encoded).join('/');
  const canonicalQuery = Object.entries(query)
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
  const signed: Record<string, string> = {
    host: new URL(url).host,
    'x-amz-content-sha256': hex(body),
    'x-amz-date': time,
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()])),
  };
  const names = Object.keys(signed).toSorted();
  const canonical = [
    method,
    canonicalPath,
    canonicalQuery,
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    signed['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, hex(canonical)].join('\n');
  const key = ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secretAccessKey}`, day), region));
  const signature = hmac(key, toSign).toString('hex');
  const { host: _host, ...sent } = signed;
  const answer = await fetch(`${url}${canonicalPath}${canonicalQuery === '' ? '' : `?${canonicalQuery}`}`, {
    method,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    },
    ...(method === 'GET' || method === 'HEAD' || body.length === 0 ? {} : { body: new Uint8Array(Buffer.from(body)) }),
  });
  const content = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: answer.headers, body: content, text: content.toString() };
}
