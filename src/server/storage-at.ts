import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import { parsePlace, type PlaceMemory } from '../storage/place.ts';
import { openStorage, type Destination, type StorageOptions } from '../storage/registry.ts';
import type { Storage } from '../storage/storage.ts';
import { fieldsOfPlace, resolveDestination } from './destination.ts';
import type { Environment } from './environment.ts';
import type { ServerFields } from './server.ts';

/** What storage needs to know of the catalogue that its archives are recorded in. */
interface StoringCatalog {
  id: string;
  places: PlaceMemory;
}

interface Surroundings {
  catalog: StoringCatalog;
  environment: Environment;
}

type B2Fields = Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>;

/** How often a call to storage is tried while a person waits; a run at night is more patient. */
export const ATTEMPTS_WHILE_SOMEBODY_WAITS = 2;

/** Marks the uploads of a doctor that has no catalogue. */
const OWNER_WITHOUT_CATALOG = 'doctor';

/** The storage of a destination; nothing is asked of it yet. */
export async function storageFor(
  destination: Destination,
  catalog: StoringCatalog | undefined,
  options: Pick<StorageOptions, 'attempts'> = {},
): Promise<Storage> {
  const { id: owner, places: memory } = catalog ?? { id: OWNER_WITHOUT_CATALOG, places: undefined };
  return await openStorage(destination, { owner, ...(memory === undefined ? {} : { memory }), ...options });
}

/** The place that a user names, else the default one, with the keys of the environment. */
export async function openPlace(place: string | undefined, { catalog, environment }: Surroundings): Promise<Storage> {
  const fields = place === undefined ? {} : fieldsOfPlace(parsePlace(place));
  return await storageFor(resolveDestination(fields, environment), catalog, {
    attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS,
  });
}

/** Where a backup was stored at the time, with the keys of today: the server may use another bucket by now. */
export async function storageOf(
  { place }: Required<Pick<BackupRecord, 'place'>>,
  { b2KeyId, b2AppKey }: B2Fields,
  { catalog, environment }: Surroundings,
  options: Pick<StorageOptions, 'attempts'> = {},
): Promise<Storage> {
  const fields = { ...fieldsOfPlace(parsePlace(place)), b2KeyId, b2AppKey };
  return await storageFor(resolveDestination(fields, environment), catalog, options);
}

/** The same for a removal, with the key for pruning where there is one. */
export async function storageToPrune(
  backup: Required<Pick<BackupRecord, 'place'>>,
  server: B2Fields,
  surroundings: Surroundings,
): Promise<Storage> {
  const { b2PruneKeyId: b2KeyId, b2PruneAppKey: b2AppKey } = surroundings.environment;
  if ((b2KeyId === undefined) !== (b2AppKey === undefined)) {
    throw new ConfigError(
      `${b2KeyId === undefined ? 'B2_PRUNE_KEY_ID' : 'B2_PRUNE_APP_KEY'} is missing`,
      'Set both, B2_PRUNE_KEY_ID and B2_PRUNE_APP_KEY, or neither.',
    );
  }
  return await storageOf(backup, b2KeyId === undefined ? server : { b2KeyId, b2AppKey }, surroundings);
}
