import type { Catalog } from '../catalog/open-catalog.ts';
import type { BackupRecord } from '../config/backup-record.ts';
import { objectKey } from '../config/object-key.ts';
import { hasRules } from '../config/retention.ts';
import type { ServerRecord } from '../config/server.ts';
import type { VerificationRecord } from '../config/verification.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';
import type { Clock } from '../system/clock.ts';
import { describeFailure } from './describe-failure.ts';
import { decide } from './retention.ts';

/** A backup whose object pgbak recorded. */
export type RecordedBackup = BackupRecord & Required<Pick<BackupRecord, 'place' | 'objectId' | 'objectName'>>;

/**
 * `missing`: recorded, but storage does not have it. `locked`: no rule keeps it, but Object Lock does. `failed`: storage
 * did not remove it; the next prune tries again.
 */
export type PruneAction = 'keep' | 'remove' | 'missing' | 'locked' | 'failed';

export interface PruneEntry {
  serverId: number;
  name: string;
  backup: RecordedBackup;
  action: PruneAction;
  /** The rules that kept it, or why it could not be removed. */
  reasons: readonly string[];
}

export interface PruneTools {
  catalog: Pick<Catalog, 'backups' | 'verifications'>;
  clock: Clock;
  signal: AbortSignal;
  storageToPrune: (backup: RecordedBackup, server: ServerRecord) => Promise<Storage>;
}

export interface PruneOptions {
  /** Remove nothing, only tell. */
  isDry: boolean;
  /** The backup that this run has made. */
  justMade?: number | undefined;
}

/**
 * Removes what a server's rules do not keep: only objects that pgbak recorded for this very server, each by its id, the
 * oldest first. What storage does not list is not counted. A removal that fails is told, forgets nothing, and does not
 * stop the next. With `isDry` nothing is removed, and `remove` means that it would be.
 *
 * @throws StorageError when storage cannot tell what it holds; then nothing was removed
 */
export async function prune(
  server: ServerRecord,
  { isDry, justMade }: PruneOptions,
  tools: PruneTools,
): Promise<PruneEntry[]> {
  if (!hasRules(server.retention)) return [];
  const recorded = (await tools.catalog.backups.inStorage(server.id)).flatMap((backup) => asRecorded(backup));
  const storages = new Map<string, Promise<Storage>>();
  const storageOf: StorageOf = async (backup) => {
    const storage = storages.get(backup.place) ?? tools.storageToPrune(backup, server);
    storages.set(backup.place, storage);
    return await storage;
  };
  const stored = await storedObjects(recorded, storageOf, tools.signal);
  const verified = thoroughByBackup(await tools.catalog.verifications.ofServer(server.id));
  const present = recorded.filter((backup) => stored.has(objectKey(backup.place, backup.objectId)));
  const verdicts = decide(
    present.map(({ backupId, startedAt, result }) => ({
      backupId,
      startedAt,
      isGood: result === 'success',
      isVerified: verified.get(backupId)?.isGood,
    })),
    server.retention,
    { now: tools.clock.now(), justMade },
  );

  const entries: PruneEntry[] = [];
  const identity = { serverId: server.id, name: server.name };
  for (const backup of recorded.toReversed()) {
    const object = stored.get(objectKey(backup.place, backup.objectId));
    const reasons = verdicts.get(backup.backupId) ?? [];
    const [action, why]: [PruneAction, readonly string[]] =
      object === undefined
        ? ['missing', ['storage does not have it']]
        : reasons.length > 0
          ? ['keep', reasons]
          : object.lock !== undefined
            ? ['locked', [`Object Lock keeps it ${object.lock}`]]
            : await remove(backup, isDry, storageOf, tools);
    entries.push({ ...identity, backup, action, reasons: why });
  }
  return entries.toReversed();
}

type StorageOf = (backup: RecordedBackup) => Promise<Storage>;

function asRecorded(backup: BackupRecord): RecordedBackup[] {
  const { place, objectId, objectName } = backup;
  if (place === undefined || objectId === undefined || objectName === undefined) return [];
  return [{ ...backup, place, objectId, objectName }];
}

/** What storage really holds of the names under which a server's backups were stored. */
async function storedObjects(
  recorded: readonly RecordedBackup[],
  storageOf: StorageOf,
  signal: AbortSignal,
): Promise<Map<string, StoredObject>> {
  const stored = new Map<string, StoredObject>();
  const seen = new Set<string>();
  for (const backup of recorded) {
    const { place, objectName } = backup;
    if (seen.has(objectKey(place, objectName))) continue;
    seen.add(objectKey(place, objectName));
    const storage = await storageOf(backup);
    for await (const object of storage.list(objectName, signal)) stored.set(objectKey(place, object.id), object);
  }
  return stored;
}

/** The newest of each backup that read all of it; the list is newest first. */
function thoroughByBackup(verifications: readonly VerificationRecord[]): Map<number, VerificationRecord> {
  const thorough = verifications.filter(({ level }) => level !== 'remote');
  return new Map(thorough.toReversed().map((verification) => [verification.backupId, verification]));
}

async function remove(
  backup: RecordedBackup,
  isDry: boolean,
  storageOf: StorageOf,
  tools: PruneTools,
): Promise<[PruneAction, readonly string[]]> {
  tools.signal.throwIfAborted();
  if (isDry) return ['remove', []];
  try {
    const storage = await storageOf(backup);
    await storage.remove({ id: backup.objectId, name: backup.objectName }, tools.signal);
  } catch (error) {
    tools.signal.throwIfAborted();
    return ['failed', [describeFailure(error, undefined).message]];
  }
  await tools.catalog.backups.noteRemoved(backup.backupId, tools.clock.now());
  return ['remove', []];
}
