import { element, Refusal } from './answers.ts';
import type { Bucket, Version } from './model.ts';

export const PAGE = 1000;

/** Answers about the bucket: its state, unfinished uploads, versions, objects. */
export function listing(bucket: Bucket, query: URLSearchParams, xml: (root: string, text: string) => void): void {
  if (query.has('versioning')) return xml('VersioningConfiguration', element('Status', bucket.versioning));
  if (query.has('object-lock')) {
    if (!bucket.hasLock) throw new Refusal(404, 'ObjectLockConfigurationNotFoundError');
    return xml('ObjectLockConfiguration', element('ObjectLockEnabled', 'Enabled'));
  }
  if (query.has('lifecycle')) {
    if (bucket.lifecycle === undefined) throw new Refusal(403, 'AccessDenied');
    if (bucket.lifecycle === '') throw new Refusal(404, 'NoSuchLifecycleConfiguration');
    return xml('LifecycleConfiguration', bucket.lifecycle);
  }
  const prefix = query.get('prefix') ?? '';
  const shown = (key: string) => (query.get('encoding-type') === 'url' ? encodeURIComponent(key) : key);
  const encoding = element('EncodingType', query.get('encoding-type') ?? undefined);
  if (query.has('uploads')) {
    const found = bucket.uploads.filter(({ key }) => key.startsWith(prefix));
    const texts = found.map(
      ({ key, uploadId, initiated }) =>
        `<Upload>${element('Key', key)}${element('UploadId', uploadId)}${element('Initiated', initiated.toISOString())}</Upload>`,
    );
    return xml('ListMultipartUploadsResult', `${element('IsTruncated', false)}${texts.join('')}`);
  }
  const found = bucket.versions.filter(({ key }) => key.startsWith(prefix));
  const entry = (version: Version, root: string, more = '') =>
    `<${root}>${element('Key', shown(version.key))}${more}${element('LastModified', version.lastModified.toISOString())}${version.isMarker ? '' : element('ETag', version.etag) + element('Size', version.content.length)}</${root}>`;
  const most = Math.min(Number(query.get('max-keys') ?? PAGE), PAGE);
  if (query.has('versions')) {
    const marker = query.get('version-id-marker');
    const start = found.findIndex(({ key, versionId }) => key === query.get('key-marker') && versionId === marker) + 1;
    const page = found.slice(start, start + most);
    const last = page.at(-1);
    const texts = page.map((version) =>
      entry(version, version.isMarker ? 'DeleteMarker' : 'Version', element('VersionId', version.versionId)),
    );
    const isTruncated = start + most < found.length;
    const next =
      isTruncated && last !== undefined
        ? element('NextKeyMarker', shown(last.key)) + element('NextVersionIdMarker', last.versionId)
        : '';
    return xml('ListVersionsResult', encoding + element('IsTruncated', isTruncated) + next + texts.join(''));
  }
  // Versions of a key stand together, the newest first.
  const newest = found.filter(({ key, isMarker }, index) => found[index - 1]?.key !== key && !isMarker);
  const start = Number(query.get('continuation-token') ?? 0);
  const isTruncated = start + most < newest.length;
  const next = isTruncated ? element('NextContinuationToken', start + most) : '';
  const texts = newest.slice(start, start + most).map((version) => entry(version, 'Contents'));
  return xml('ListBucketResult', encoding + element('IsTruncated', isTruncated) + next + texts.join(''));
}
