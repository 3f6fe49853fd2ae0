import type { BackupRecord } from '../core/backup-record.ts';
import { ConfigError } from '../core/errors.ts';
import { parsePlace, printPlace, type PlaceMemory } from '../storage/place.ts';
import { openStorage, type Destination, type StorageOptions } from '../storage/registry.ts';
import type { Storage } from '../storage/storage.ts';
import type { DestinationRecord } from './destination-record.ts';
import { recordAt, targetsOf, withCredentials } from './destination.ts';
import { keeperOf } from './keeper.ts';
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

type Keys = Pick<ServerFields, 'b2KeyId' | 'b2AppKey'>;
/** What of a server tells with which keys its archives are reached. */
type Owner = Keys & Pick<ServerFields, 'destinations' | 'b2Bucket'>;

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

/** The destination or place that a user names, else the default one. A place without a name has the keys of the environment. */
export async function openPlace(text: string | undefined, { catalog, environment }: Surroundings): Promise<Storage> {
  const [{ place, record }] = targetsOf({ destinations: text === undefined ? [] : [text] }, environment);
  const named = record ?? recordAt(printPlace(place), environment);
  return await storageFor(withCredentials(place, named ?? {}, environment), catalog, {
    attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS,
  });
}

/** Where a backup was stored at the time, with the keys of today: the server may use another bucket by now. */
export async function storageOf(
  { place }: Required<Pick<BackupRecord, 'place'>>,
  server: Owner,
  { catalog, environment }: Surroundings,
  options: Pick<StorageOptions, 'attempts'> = {},
): Promise<Storage> {
  const owner = keeperOf(place, server, environment) ?? server;
  return await storageFor(withCredentials(parsePlace(place), owner, environment), catalog, options);
}

/** The same for a removal, with the key for pruning where there is one. */
export async function storageToPrune(
  { place }: Required<Pick<BackupRecord, 'place'>>,
  server: Owner,
  { catalog, environment }: Surroundings,
): Promise<Storage> {
  const keeper = keeperOf(place, server, environment);
  const keys = pruneKeysOf(keeper, environment);
  const owner = keeper === undefined ? { ...server, ...keys } : { ...keeper, ...keys };
  return await storageFor(withCredentials(parsePlace(place), owner, environment), catalog);
}

/** The keys for pruning; none where those that store do. A destination with a key of its own is not pruned with another account's. */
function pruneKeysOf(keeper: DestinationRecord | undefined, environment: Environment): Keys {
  const own = { b2KeyId: keeper?.b2PruneKeyId, b2AppKey: keeper?.b2PruneAppKey };
  const isOwn = own.b2KeyId !== undefined || own.b2AppKey !== undefined || keeper?.b2KeyId !== undefined;
  const { b2KeyId, b2AppKey } = isOwn
    ? own
    : { b2KeyId: environment.b2PruneKeyId, b2AppKey: environment.b2PruneAppKey };
  if (b2KeyId !== undefined && b2AppKey !== undefined) return { b2KeyId, b2AppKey };
  if (b2KeyId === undefined && b2AppKey === undefined) return {};
  const [id, key] = isOwn ? ['--b2-prune-key-id', '--b2-prune-app-key'] : ['B2_PRUNE_KEY_ID', 'B2_PRUNE_APP_KEY'];
  throw new ConfigError(`${b2KeyId === undefined ? id : key} is missing`, `Set both, ${id} and ${key}, or neither.`);
}
