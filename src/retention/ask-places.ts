import { grouped } from '../core/grouped.ts';
import { objectKey, type Storage, type StoredObject } from '../storage/storage.ts';
import type { ServerRecord } from '../server/server.ts';
import { PgbakError } from '../core/errors.ts';
import type { RecordedBackup } from './prune.ts';

/** What the places of a server's backups say of them. */
export interface AskedPlaces {
  /** By `objectKey`. */
  stored: ReadonlyMap<string, StoredObject>;
  /** Places that could not be asked, and why. */
  silent: ReadonlyMap<string, string>;
  /** A place that is not silent. */
  storageAt: (place: string) => Storage | undefined;
}

export interface AskTools {
  signal: AbortSignal;
  storageToPrune: (backup: RecordedBackup, server: ServerRecord) => Promise<Storage>;
}

/**
 * Asks each place what it holds of the names under which a server's backups were stored. Each by itself: one whose keys
 * are gone, or which does not answer, is silent and stops none of the others.
 */
export async function askPlaces(
  recorded: readonly RecordedBackup[],
  server: ServerRecord,
  { signal, storageToPrune }: AskTools,
): Promise<AskedPlaces> {
  const stored = new Map<string, StoredObject>();
  const silent = new Map<string, string>();
  const storages = new Map<string, Storage>();
  for (const [place, backups] of grouped(recorded, (backup) => backup.place)) {
    const [first] = backups;
    if (first === undefined) continue;
    try {
      const storage = await storageToPrune(first, server);
      storages.set(place, storage);
      for (const name of new Set(backups.map(({ objectName }) => objectName))) {
        for await (const object of storage.list(name, signal)) stored.set(objectKey(place, object.id), object);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PgbakError)) throw error;
      silent.set(place, error.message);
    }
  }
  return { stored, silent, storageAt: (place) => (silent.has(place) ? undefined : storages.get(place)) };
}
