import type { Bucket, FileVersion, Model } from './model.ts';
import { newVersion } from './uploads.ts';

const CONTENT_TYPE = 'application/octet-stream';

export function bucketNamed(model: Model, name: string): Bucket {
  const bucket = [...model.buckets.values()].find((one) => one.name === name);
  if (bucket === undefined) throw new Error(`there is no bucket ${name}`);
  return bucket;
}

/** Puts a version there as if it had been uploaded at that time; it has no bytes. */
export function plantVersion(model: Model, bucketName: string, fileName: string, at: Date): FileVersion {
  const version = newVersion(model, {
    bucketId: bucketNamed(model, bucketName).id,
    fileName,
    action: 'upload',
    contentType: CONTENT_TYPE,
    contentLength: 0,
    contentSha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    fileInfo: {},
    pieces: [],
  });
  version.uploadTimestamp = at.getTime();
  model.versions.push(version);
  return version;
}

/** Leaves a large file that was begun and forgotten. */
export function plantUnfinished(
  model: Model,
  bucketName: string,
  fileName: string,
  fileInfo: Record<string, string>,
): void {
  const version = newVersion(model, {
    bucketId: bucketNamed(model, bucketName).id,
    fileName,
    action: 'start',
    contentType: CONTENT_TYPE,
    contentLength: 0,
    contentSha1: 'none',
    fileInfo,
    pieces: [],
  });
  model.largeFiles.set(version.fileId, { version, parts: new Map() });
}
