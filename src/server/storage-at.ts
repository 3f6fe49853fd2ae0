import type { BackupRecord } from '../core/backup-record.ts';
import { parseDestination } from './destination.ts';
import type { Environment } from './environment.ts';
import type { ServerFields } from './server.ts';
import { resolveDestination, type Destination } from './settings.ts';
import { ConfigError } from '../core/errors.ts';
import type { B2Options } from '../storage/b2/storage.ts';
import type { PlaceMemory } from '../storage/directory/mark.ts';
import type { Storage } from '../storage/storage.ts';
import { systemClock } from '../system/clock.ts';
import { createSlots } from '../system/concurrency.ts';
import type { Context } from '../core/context.ts';

/** The place that a user names, `b2`, `b2:BUCKET` or `file:/dir`, with the keys of the environment. */
export async function openPlace(
  place: string | undefined,
  { catalog, environment }: Pick<Context, 'catalog' | 'environment'>,
): Promise<Storage> {
  const isBucket = place?.startsWith('b2:') === true;
  const destination = isBucket
    ? destinationAt(place, {}, environment)
    : resolveDestination(place === undefined ? {} : { destination: place }, environment);
  return await storageFor(destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
}

type B2Fields = Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>;

/** Where a backup was stored then, with the keys of today: a server may have moved on to another bucket. */
export async function storageOf(
  { place }: Required<Pick<BackupRecord, 'place'>>,
  server: B2Fields,
  { catalog, environment }: Context,
  options: { attempts?: number } = {},
): Promise<Storage> {
  return await storageFor(destinationAt(place, server, environment), catalog, options);
}

/** The same for a removal, with the key that is there for it, where there is one. */
export async function storageToPrune(
  backup: Required<Pick<BackupRecord, 'place'>>,
  server: B2Fields,
  { catalog, environment }: Context,
): Promise<Storage> {
  const { b2PruneKeyId: b2KeyId, b2PruneAppKey: b2AppKey } = environment;
  if ((b2KeyId === undefined) !== (b2AppKey === undefined)) {
    throw new ConfigError(
      `${b2KeyId === undefined ? 'B2_PRUNE_KEY_ID' : 'B2_PRUNE_APP_KEY'} is missing`,
      'Set both, B2_PRUNE_KEY_ID and B2_PRUNE_APP_KEY, or neither.',
    );
  }
  const keys = b2KeyId === undefined ? server : { b2KeyId, b2AppKey };
  return await storageFor(destinationAt(backup.place, keys, environment), catalog);
}

/** `b2:BUCKET` or `file:/dir`, as a backup's record has it. */
export function destinationAt(place: string, keys: B2Fields, environment: Environment): Destination {
  if (place.startsWith('file:')) {
    const destination = parseDestination(place);
    if (destination.kind === 'directory') return destination;
  }
  const b2Bucket = place.replace(/^b2:/, '');
  return resolveDestination({ ...keys, destination: 'b2', b2Bucket }, environment);
}

/** How often a call to storage is tried where a person waits for it; a run at night is more patient. */
export const ATTEMPTS_WHILE_SOMEBODY_WAITS = 2;

/** All uploads of a run share one line, and each part costs memory. */
const UPLOAD_SLOTS = createSlots(4);

/** Where there is no catalogue to store archives for. */
const NOBODY = 'doctor';

/** The storage behind a destination; nothing is asked of it yet. `attempts` is for where a person waits. */
export async function storageFor(
  destination: Destination,
  catalog: Pick<Context['catalog'], 'id' | 'places'> | undefined,
  options: Pick<B2Options, 'attempts'> = {},
): Promise<Storage> {
  const owner = catalog?.id ?? NOBODY;
  if (destination.kind === 'directory') {
    const { openDirectoryStorage } = await import('../storage/directory/storage.ts');
    const memory = catalog === undefined ? {} : { memory: memoryOf(destination.path, catalog) };
    return openDirectoryStorage({ directory: destination.path, owner, ...memory });
  }
  const { openB2Storage } = await import('../storage/b2/storage.ts');
  const { keyId, applicationKey, bucket, apiUrl } = destination;
  return openB2Storage({
    keyId,
    applicationKey,
    bucket,
    apiUrl,
    owner,
    clock: systemClock,
    slots: UPLOAD_SLOTS,
    ...options,
  });
}

/** What a catalogue remembers of a directory. */
export function memoryOf(directory: string, { places }: Pick<Context['catalog'], 'places'>): PlaceMemory {
  const place = `file:${directory}`;
  return {
    mark: () => places.mark(place),
    noteMark: (mark) => places.noteMark(place, mark),
    expected: () => places.expected(place),
  };
}
