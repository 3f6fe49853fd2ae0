import { StorageError } from '../../core/errors.ts';
import type { S3Client } from './client.ts';
import { listedKey } from './facts.ts';
import { malformed } from './failure.ts';

/** A version in a listing. */
export interface Listed {
  key: string;
  /** Undefined in a listing without versions. */
  versionId: string | undefined;
  isMarker: boolean;
  sizeBytes: number;
  storedAt: Date;
}

/** Ten million versions. */
const MOST_PAGES = 10_000;

/**
 * All versions whose key begins with `prefix`, by key, newest first
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html).
 */
export async function* listVersions(client: S3Client, prefix: string, signal: AbortSignal): AsyncGenerator<Listed> {
  yield* pages(prefix, async (marker: { KeyMarker?: string; VersionIdMarker?: string }) => {
    const answer = await client.call(
      (api, sending) => api.listVersions({ Prefix: prefix, ...marker }, sending),
      signal,
    );
    const listed = [...(answer.Versions ?? []), ...(answer.DeleteMarkers ?? [])].map((one) => ({
      key: keyIn(one.Key, answer.EncodingType),
      versionId: one.VersionId ?? 'null',
      isMarker: !('Size' in one),
      sizeBytes: 'Size' in one && typeof one.Size === 'number' ? one.Size : 0,
      storedAt: timeOf(one.LastModified),
    }));
    if (answer.IsTruncated !== true) return { listed, next: undefined };
    const { NextKeyMarker, NextVersionIdMarker } = answer;
    if (NextKeyMarker === undefined) throw malformed('names no next page');
    const KeyMarker = listedKey(NextKeyMarker, answer.EncodingType);
    return {
      listed,
      next: { KeyMarker, ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }) },
    };
  });
}

/** All objects whose key begins with `prefix` (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html). */
export async function* listObjects(client: S3Client, prefix: string, signal: AbortSignal): AsyncGenerator<Listed> {
  yield* pages(prefix, async (marker: { ContinuationToken?: string }) => {
    const answer = await client.call((api, sending) => api.listObjects({ Prefix: prefix, ...marker }, sending), signal);
    const listed = (answer.Contents ?? []).map(({ Key, Size, LastModified }) => ({
      key: keyIn(Key, answer.EncodingType),
      versionId: undefined,
      isMarker: false,
      sizeBytes: Size ?? 0,
      storedAt: timeOf(LastModified),
    }));
    if (answer.IsTruncated !== true) return { listed, next: undefined };
    if (answer.NextContinuationToken === undefined) throw malformed('names no next page');
    return { listed, next: { ContinuationToken: answer.NextContinuationToken } };
  });
}

async function* pages<Item, Marker extends object>(
  prefix: string,
  ask: (marker: Marker | Record<string, never>) => Promise<{ listed: Item[]; next: Marker | undefined }>,
): AsyncGenerator<Item> {
  const seen = new Set<string>();
  for (let marker: Marker | Record<string, never> = {}; ;) {
    const { listed, next } = await ask(marker);
    yield* listed;
    if (next === undefined) return;
    // A faulty service may name the same page again and again.
    const page = JSON.stringify(next);
    if (seen.has(page) || seen.size >= MOST_PAGES) {
      throw new StorageError(
        `the list of ${prefix === '' ? 'all objects in the bucket' : prefix} that S3 sends does not end`,
        'It names the same page twice, or millions of objects. Look into the bucket.',
      );
    }
    seen.add(page);
    marker = next;
  }
}

function keyIn(key: string | undefined, encodingType: string | undefined): string {
  if (key === undefined) throw malformed('names no key');
  return listedKey(key, encodingType);
}

/** The time of an object, which every answer about one tells. */
export function timeOf(time: Date | undefined): Date {
  if (time === undefined || Number.isNaN(time.getTime())) throw malformed('tells no time');
  return time;
}
