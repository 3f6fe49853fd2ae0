import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signedFetch, type S3Request } from '../support/s3/signed-fetch.ts';
import { cephEndpoint } from './variables.ts';

// What Ceph's gateway really does, where that differs from what Amazon writes of S3. These are facts for the tests of S3
// beside them: when one of them changes with a new version of Ceph, look at what was built on it.
const endpoint = cephEndpoint();
const describeCeph = endpoint === undefined ? describe.skip : describe;

const ask = async (request: S3Request) => {
  if (endpoint === undefined) throw new Error('npm run test:ceph starts it');
  return await signedFetch(endpoint, request);
};
const newBucket = async (headers: Record<string, string> = {}) => {
  const bucket = `facts-${randomBytes(6).toString('hex')}`;
  expect((await ask({ method: 'PUT', path: `/${bucket}`, headers })).status).toBe(200);
  return bucket;
};
const tagged = (text: string, tag: string) => new RegExp(`<${tag}>(.*?)</${tag}>`).exec(text)?.[1];

describeCeph("Ceph's gateway", () => {
  test('gives back what it took, under names of any characters, with its facts', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/größe/a b+c%41 日本.sql.7z`;
    const body = randomBytes(5000);
    const headers = { 'x-amz-meta-pgbak-catalog': 'catalog-1' };
    expect((await ask({ method: 'PUT', path, body, headers })).status).toBe(200);
    const found = await ask({ path });
    expect(found.body.equals(body)).toBe(true);
    expect(found.headers.get('x-amz-meta-pgbak-catalog')).toBe('catalog-1');
  });

  test('refuses bytes that are not those of Content-MD5 or of the signed SHA-256, and stores nothing', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/a`;
    const other = createHash('md5').update('other').digest('base64');
    const wrongMd5 = await ask({ method: 'PUT', path, body: 'this', headers: { 'content-md5': other } });
    expect(wrongMd5.status).toBe(400);
    const headers = { 'x-amz-content-sha256': createHash('sha256').update('other').digest('hex') };
    expect((await ask({ method: 'PUT', path, body: 'this', headers })).status).toBe(400);
    expect((await ask({ method: 'HEAD', path })).status).toBe(404);
  });

  test('takes no notice of x-amz-checksum-sha256, be it wrong, and remembers none', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/a`;
    const headers = { 'x-amz-checksum-sha256': createHash('sha256').update('other').digest('base64') };
    const put = await ask({ method: 'PUT', path, body: 'this', headers });
    expect([put.status, put.headers.get('x-amz-checksum-sha256')]).toEqual([200, null]);
    const head = await ask({ method: 'HEAD', path, headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect([head.status, head.headers.get('x-amz-checksum-sha256')]).toEqual([200, null]);
  });

  test('keeps versions, and no others once it is told to suspend them', async () => {
    const bucket = await newBucket();
    const turn = async (status: string) => {
      const body = `<VersioningConfiguration><Status>${status}</Status></VersioningConfiguration>`;
      expect((await ask({ method: 'PUT', path: `/${bucket}`, query: { versioning: '' }, body })).status).toBe(200);
    };
    const put = async (body: string) =>
      (await ask({ method: 'PUT', path: `/${bucket}/a`, body })).headers.get('x-amz-version-id');
    expect(await put('before')).toBeNull();
    await turn('Enabled');
    const first = await put('one');
    const second = await put('two');
    expect(new Set([first, second, null]).size).toBe(3);
    await turn('Suspended');
    await put('after');
    const { text } = await ask({ path: `/${bucket}`, query: { versions: '' } });
    const ids = [...text.matchAll(/<VersionId>(.*?)<\/VersionId>/g)].map(([, id]) => id);
    expect(ids).toEqual(['null', second, first]);
    expect((await ask({ path: `/${bucket}/a`, query: { versionId: first ?? '' } })).text).toBe('one');
  });

  test('answers the completion of an upload that is complete already as a success, without a version', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}/large`;
    const begun = await ask({ method: 'POST', path, query: { uploads: '' } });
    const uploadId = tagged(begun.text, 'UploadId') ?? '';
    const parts = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
    const lines: string[] = [];
    for (const [index, body] of parts.entries()) {
      const query = { partNumber: String(index + 1), uploadId };
      const { headers } = await ask({ method: 'PUT', path, query, body });
      lines.push(`<Part><PartNumber>${index + 1}</PartNumber><ETag>${headers.get('etag')}</ETag></Part>`);
    }
    const body = `<CompleteMultipartUpload>${lines.join('')}</CompleteMultipartUpload>`;
    const complete = () => ask({ method: 'POST', path, query: { uploadId }, body });
    expect((await complete()).status).toBe(200);
    const again = await complete();
    expect([again.status, tagged(again.text, 'Code')]).toEqual([200, undefined]);
    expect((await ask({ path })).body.equals(Buffer.concat(parts))).toBe(true);
    const { text } = await ask({ path: `/${bucket}`, query: { uploads: '' } });
    expect(text).not.toContain('<Upload>');
  });

  test('does not remove a version under Object Lock, by governance only when told to bypass it', async () => {
    const bucket = await newBucket({ 'x-amz-bucket-object-lock-enabled': 'true' });
    const put = async (mode: string) => {
      const until = new Date(Date.now() + 86_400_000).toISOString();
      const headers = { 'x-amz-object-lock-mode': mode, 'x-amz-object-lock-retain-until-date': until };
      const answer = await ask({ method: 'PUT', path: `/${bucket}/${mode}`, body: 'locked', headers });
      return { path: `/${bucket}/${mode}`, query: { versionId: answer.headers.get('x-amz-version-id') ?? '' } };
    };
    const bypass = { 'x-amz-bypass-governance-retention': 'true' };
    const governed = await put('GOVERNANCE');
    expect((await ask({ method: 'DELETE', ...governed })).status).toBe(403);
    expect((await ask({ method: 'DELETE', ...governed, headers: bypass })).status).toBe(204);
    const compliant = await put('COMPLIANCE');
    expect((await ask({ method: 'DELETE', ...compliant, headers: bypass })).status).toBe(403);
    const head = await ask({ method: 'HEAD', ...compliant });
    expect(head.headers.get('x-amz-object-lock-mode')).toBe('COMPLIANCE');
  });

  test('tells the rules of its life cycle, and 404 where there are none', async () => {
    const bucket = await newBucket();
    const path = `/${bucket}`;
    const none = await ask({ path, query: { lifecycle: '' } });
    expect([none.status, tagged(none.text, 'Code')]).toEqual([404, 'NoSuchLifecycleConfiguration']);
    const rule =
      '<Rule><ID>old</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule>';
    const body = `<LifecycleConfiguration>${rule}</LifecycleConfiguration>`;
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    expect((await ask({ method: 'PUT', path, query: { lifecycle: '' }, body, headers })).status).toBe(200);
    const told = await ask({ path, query: { lifecycle: '' } });
    expect(tagged(told.text, 'Days')).toBe('7');
  });
});
