import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { PgbakError } from '../core/errors.ts';
import { grouped } from '../core/group-by.ts';
import { rulesAt, type RulesHere } from '../server/rules-at.ts';
import type { ServerRecord } from '../server/server.ts';
import { storageToPrune } from '../server/storage-at.ts';
import { objectKey } from '../storage/storage.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';

/** A backup whose object pgbak recorded. */
export type RecordedBackup = BackupRecord & Required<Pick<BackupRecord, 'place' | 'objectId' | 'objectName'>>;

/** What the places of a server's backups say of them. */
export interface AskedPlaces {
  /** By `objectKey`. */
  stored: ReadonlyMap<string, StoredObject>;
  /** Places that could not be asked, and why. */
  silent: ReadonlyMap<string, string>;
  /** The rules of each place; that of a place which is not silent is there. */
  rules: ReadonlyMap<string, RulesHere>;
  /** A place that is not silent. */
  storageAt: (place: string) => Storage | undefined;
}

/**
 * Asks each place what it holds under the names of a server's backups. A place whose keys are gone, or which does not
 * answer, is silent and stops none of the others.
 */
export async function askPlaces(
  recorded: readonly RecordedBackup[],
  server: ServerRecord,
  context: Context,
): Promise<AskedPlaces> {
  const { signal } = context;
  const stored = new Map<string, StoredObject>();
  const silent = new Map<string, string>();
  const rules = new Map<string, RulesHere>();
  const storages = new Map<string, Storage>();
  for (const [place, backups] of grouped(recorded, (backup) => backup.place)) {
    const [first] = backups;
    if (first === undefined) continue;
    try {
      rules.set(place, rulesAt(place, server, context.environment));
      const storage = await storageToPrune(first, server, context);
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
  return { stored, silent, rules, storageAt: (place) => (silent.has(place) ? undefined : storages.get(place)) };
}
