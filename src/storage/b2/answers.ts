import { B2Failure, fieldOf, MALFORMED } from './failure.ts';
import type { StoredObject } from '../storage.ts';

/** The answer of b2_authorize_account (https://www.backblaze.com/apidocs/b2-authorize-account). */
export interface Session {
  recommendedPartSizeBytes: number;
  minimumPartSizeBytes: number;
  allowed: {
    capabilities: readonly string[];
    bucketId: string | undefined;
    bucketName: string | undefined;
    namePrefix: string | undefined;
  };
}

export function parseSession(data: unknown): Session {
  // The package reads these fields as well, and fails where they are missing.
  for (const field of ['accountId', 'authorizationToken']) textIn(data, field);
  for (const field of ['apiUrl', 'downloadUrl']) if (!URL.canParse(textIn(data, field))) throw malformed(field);
  const allowed = fieldOf(data, 'allowed');
  const capabilities = fieldOf(allowed, 'capabilities');
  return {
    recommendedPartSizeBytes: partBytesIn(data, 'recommendedPartSize'),
    minimumPartSizeBytes: partBytesIn(data, 'absoluteMinimumPartSize'),
    allowed: {
      capabilities: Array.isArray(capabilities) ? capabilities.filter((one) => typeof one === 'string') : [],
      bucketId: optionalText(allowed, 'bucketId'),
      bucketName: optionalText(allowed, 'bucketName'),
      namePrefix: optionalText(allowed, 'namePrefix'),
    },
  };
}

/** A version in a listing or in the answer to an upload. */
export interface FileVersion extends StoredObject {
  /** `upload`, `start` (unfinished), `hide`, and any that B2 adds later. */
  action: string;
  info: Readonly<Record<string, string>>;
}

export function parseFileVersion(data: unknown): FileVersion {
  const info: Record<string, string> = Object.create(null);
  for (const [key, value] of Object.entries(Object(fieldOf(data, 'fileInfo') ?? {}))) {
    if (typeof value === 'string') info[key] = value;
  }
  const sha1 = sha1Of(optionalText(data, 'contentSha1'), info);
  return {
    name: textIn(data, 'fileName'),
    id: textIn(data, 'fileId'),
    sizeBytes: numberIn(data, 'contentLength'),
    ...(sha1 === undefined ? {} : { sha1 }),
    storedAt: timeIn(data, 'uploadTimestamp'),
    action: textIn(data, 'action'),
    info,
    ...lockOf(data),
  };
}

/** Refuses an answer about another file or other bytes: the result of this upload is unknown then. */
export function parseUploaded(
  data: unknown,
  sent: { name: string; sizeBytes: number; sha1: string | undefined },
): FileVersion {
  const version = parseFileVersion(data);
  const isSame =
    version.name === sent.name &&
    version.action === 'upload' &&
    version.sizeBytes === sent.sizeBytes &&
    version.sha1 === (sent.sha1 ?? version.sha1);
  if (!isSame) throw new B2Failure(200, MALFORMED, 'the answer to an upload is about another file');
  return version;
}

/** Refuses an answer about another file: the removal is tried again then. */
export function expectId(data: unknown, fileId: string): void {
  if (textIn(data, 'fileId') !== fileId) throw malformed('such fileId');
}

/** A key that may not read a lock learns of it only from a refused removal. */
function lockOf(data: unknown): { lock?: string } {
  if (fieldOf(fieldOf(data, 'legalHold'), 'value') === 'on') return { lock: 'by a legal hold' };
  const until = fieldOf(fieldOf(fieldOf(data, 'fileRetention'), 'value'), 'retainUntilTimestamp');
  if (typeof until !== 'number' || until <= Date.now()) return {};
  if (until > LATEST_MS) return { lock: 'forever' };
  return { lock: `until ${new Date(until).toISOString()}` };
}

/** B2 knows no SHA-1 of a whole large file. By convention its uploader notes it in `large_file_sha1`. */
export function sha1Of(contentSha1: string | undefined, info: Readonly<Record<string, string>>): string | undefined {
  const sha1 = contentSha1?.replace(/^unverified:/, '');
  const known = sha1 === undefined || sha1 === 'none' ? info['large_file_sha1'] : sha1;
  return known !== undefined && /^[\da-f]{40}$/i.test(known) ? known.toLowerCase() : undefined;
}

export function bucketsIn(data: unknown): readonly unknown[] {
  const buckets = fieldOf(data, 'buckets');
  if (!Array.isArray(buckets)) throw malformed('buckets');
  return buckets;
}

export function filesIn(data: unknown): FileVersion[] {
  const files = fieldOf(data, 'files');
  if (!Array.isArray(files)) throw malformed('files');
  return files.map((file: unknown) => parseFileVersion(file));
}

/** A name, id or token, which is never empty. */
export function textIn(data: unknown, field: string): string {
  const value = optionalText(data, field);
  if (value === undefined) throw malformed(field);
  return value;
}

export function optionalText(data: unknown, field: string): string | undefined {
  const value = fieldOf(data, field);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number from 0 up: a size. */
export function numberIn(data: unknown, field: string): number {
  const value = fieldOf(data, field);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw malformed(field);
  return value;
}

/** Parts without bytes would never end. */
function partBytesIn(data: unknown, field: string): number {
  const bytes = numberIn(data, field);
  if (bytes === 0) throw malformed(field);
  return bytes;
}

/** The last moment of a JavaScript `Date`. */
const LATEST_MS = 8.64e15;

function timeIn(data: unknown, field: string): Date {
  const ms = numberIn(data, field);
  if (ms > LATEST_MS) throw malformed(field);
  return new Date(ms);
}

/** The answer is a proxy's page or was cut short, so the request may have been carried out or not. */
function malformed(field: string): B2Failure {
  return new B2Failure(200, MALFORMED, `the answer is not B2's: it has no ${field}`);
}
