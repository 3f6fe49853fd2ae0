import type { Secret } from '../core/secret.ts';
import { systemClock } from '../system/clock.ts';
import { createSlotsFor } from '../system/concurrency.ts';
import type { ObjectLock } from './object-lock.ts';
import { parsePlace, printPlace, type PlaceMemory } from './place.ts';
import type { RcloneOptions } from './rclone/storage.ts';
import type { S3Account } from './s3/account.ts';
import type { Storage } from './storage.ts';
import { createRateLimits, type RateLimit } from './streaming/rate-limit.ts';
import { PARTS_IN_FLIGHT } from './streaming/send-parts.ts';

/**
 * A place with its credentials. The **storage** that does the work there is opened here, and its code is loaded only
 * then: a new kind takes a member of this union, an arm in the functions below and its scheme in `place.ts`.
 */
export type Destination =
  | {
      kind: 'b2';
      bucket: string;
      /** Names begin with it. */
      prefix?: string;
      objectLock?: ObjectLock | undefined;
      keyId: Secret;
      applicationKey: Secret;
      apiUrl: string | undefined;
      bytesPerSecond?: number | undefined;
    }
  | ({ kind: 's3'; prefix?: string; bytesPerSecond?: number | undefined } & S3Account)
  | { kind: 'directory'; path: string; bytesPerSecond?: number | undefined }
  | ({ kind: 'rclone' } & Pick<RcloneOptions, RcloneSetting>);

type RcloneSetting = 'remote' | 'path' | 'configFile' | 'bandwidth' | 'readsBack' | 'program' | 'variables';

export interface StorageOptions {
  /** The id of the catalogue: marks unfinished uploads as its own. */
  owner: string;
  /** Without it any directory will do, and a missing one is created. */
  memory?: PlaceMemory;
  /** How often a call is tried; fewer times where a person waits for the answer. */
  attempts?: number;
}

/** The uploads of a process to one bucket share them, as each part costs memory. A slow place takes none from another. */
const uploadSlotsAt = createSlotsFor(PARTS_IN_FLIGHT);

const rateLimitAt = createRateLimits();

function rateOf(destination: Exclude<Destination, { kind: 'rclone' }>): RateLimit | undefined {
  return rateLimitAt(printPlace(destination), destination.bytesPerSecond);
}

/** The same destination for what is to be removed before long, such as a test. */
export function withoutLock(destination: Destination): Destination {
  return 'objectLock' in destination ? { ...destination, objectLock: undefined } : destination;
}

/** Opens the storage of a destination and loads its code. Nothing is asked of it yet. */
export async function openStorage(destination: Destination, options: StorageOptions): Promise<Storage> {
  if (destination.kind === 'directory') {
    const { openDirectoryStorage } = await import('./directory/storage.ts');
    return openDirectoryStorage({ directory: destination.path, ...options, rate: rateOf(destination) });
  }
  if (destination.kind === 'rclone') {
    const { openRcloneStorage } = await import('./rclone/storage.ts');
    return openRcloneStorage({ ...destination, ...options });
  }
  if (destination.kind === 's3') {
    const { openS3Storage } = await import('./s3/storage.ts');
    const { bucket, endpoint = '' } = destination;
    const slots = uploadSlotsAt(`${endpoint} ${printPlace({ kind: 's3', bucket })}`);
    return openS3Storage({ ...destination, ...options, clock: systemClock, slots, rate: rateOf(destination) });
  }
  const { openB2Storage } = await import('./b2/storage.ts');
  const slots = uploadSlotsAt(printPlace({ kind: 'b2', bucket: destination.bucket }));
  const storage = openB2Storage({ ...destination, ...options, clock: systemClock, slots, rate: rateOf(destination) });
  if (destination.prefix === undefined) return storage;
  const { withPrefix } = await import('./with-prefix.ts');
  return withPrefix(storage, destination.prefix);
}

/**
 * Checks, without changing anything, that a place is the one that earlier archives went to.
 *
 * @throws StorageError where it is missing or another one, as a directory whose disk is not mounted
 */
export async function checkPlace(place: string, memory: PlaceMemory): Promise<void> {
  const parsed = parsePlace(place);
  if (parsed.kind !== 'directory') return;
  const { checkDirectory } = await import('./directory/mark.ts');
  await checkDirectory(parsed.path, memory, 'look');
}

/** Creates a missing directory, and takes the one that is there for the right one. */
export async function acceptPlace(place: string, memory: PlaceMemory): Promise<void> {
  const parsed = parsePlace(place);
  if (parsed.kind !== 'directory') return;
  const { acceptDirectory } = await import('./directory/mark.ts');
  await acceptDirectory(parsed.path, memory);
}

/** The mark of the directory that a place names; undefined where it cannot be read, or has none. */
export async function markAt(place: string): Promise<string | undefined> {
  const parsed = parsePlace(place);
  if (parsed.kind !== 'directory') return undefined;
  const { readMark } = await import('./directory/mark.ts');
  return await readMark(parsed.path).catch(() => undefined);
}
