import type { BackupRecord, VerificationRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { attempt, describeFailure, ObjectLockError, PgbakError, RefusedError } from '../core/errors.ts';
import { grouped } from '../core/group-by.ts';
import { knownPlacesOf } from '../server/destination.ts';
import type { Environment } from '../server/environment.ts';
import { hasRules } from '../server/retention-rules.ts';
import { rulesAt, type RulesHere } from '../server/rules-at.ts';
import { unreadableProblem, type ServerRecord } from '../server/server.ts';
import { CATALOG_FACT, objectKey, type Storage, type StoredObject } from '../storage/storage.ts';
import { askPlaces, type AskedPlaces, type RecordedBackup } from './ask-places.ts';
import { judgeCopies, type ListedCopy } from './judge-copies.ts';

/**
 * `missing`: recorded, but not in storage. `unknown`: its place could not be asked. `locked`: no rule keeps it, but Object
 * Lock does. `failed`: storage did not remove it; the next prune tries again.
 */
export type PruneAction = 'keep' | 'remove' | 'missing' | 'unknown' | 'locked' | 'failed';

export interface PruneEntry {
  serverId: number;
  name: string;
  backup: RecordedBackup;
  action: PruneAction;
  /** The rules that kept it, or why it could not be removed. */
  reasons: readonly string[];
  /** The destination whose rules apply where it is; undefined where the rules of the server apply. */
  rulesOf: string | undefined;
}

interface PruneOptions {
  /** Remove nothing, only tell. */
  isDry: boolean;
  /** The backup that this run has made. */
  justMade?: number | undefined;
}

type Fate = [PruneAction, readonly string[]];

/**
 * Removes what the rules do not keep: objects that pgbak recorded for this server, each by its id, the oldest first. The rules
 * are those of the destination that has the place, or else the server's. They count only what storage lists, and leave what
 * another catalogue made. The last copy of a backup stays while the rules of any place would keep it. A place that does not
 * answer, or a removal that fails, is reported; its records stay, and the next one is tried. With `isDry` nothing is removed,
 * and `remove` means that it would be.
 */
export async function prune(
  server: ServerRecord,
  { isDry, justMade }: PruneOptions,
  begunWith: Context,
): Promise<PruneEntry[]> {
  const unreadable = unreadableProblem(server);
  if (unreadable !== undefined) throw unreadable;
  const { catalog, clock } = begunWith;
  // A run may take hours, during which destinations get other rules.
  const environment = { ...begunWith.environment, namedDestinations: await catalog.destinations.list() };
  const context = { ...begunWith, environment };
  const recorded = (await catalog.backups.archives(server.id)).flatMap((backup) => asRecorded(backup));
  const usedPlaces = [...new Set([...recorded.map(({ place }) => place), ...knownPlacesOf(server, environment)])];
  const isRuleless = usedPlaces.every((place) => {
    const ruled = readRules(place, server, environment);
    return ruled !== undefined && !hasRules(ruled.rules);
  });
  if (isRuleless) return [];
  const places = await askPlaces(recorded, server, context);
  const verified = newestByBackup(await catalog.verifications.thoroughOfStored(server.id));
  const ruled = await catalog.rebuild.ruledCatalogs();
  // Several rows may name one archive, which is kept or removed once.
  const groups = [...grouped(recorded, ({ place, objectId }) => objectKey(place, objectId)).values()];
  const lookAt = (backup: RecordedBackup) => look(backup, places, ruled);
  const archives = groups.flatMap(([first]) => (first === undefined ? [] : [listed(first, lookAt(first), verified)]));
  const rulesOf = (place: string) => places.rules.get(place) ?? readRules(place, server, environment);
  const reasonsFor = judgeCopies(
    archives.flatMap((one) => one ?? []),
    usedPlaces.map((place) => ({ place, ruled: rulesOf(place) })),
    { now: clock.now(), justMade },
  );

  const entries: PruneEntry[] = [];
  const identity = { serverId: server.id, name: server.name };
  for (const group of groups.toReversed()) {
    const [backup] = group;
    if (backup === undefined) continue;
    const [action, reasons] = await fateOf(backup, reasonsFor(backup.backupId));
    const of = { action, reasons, rulesOf: rulesOf(backup.place)?.owner };
    entries.push(...group.map((one) => ({ ...identity, backup: one, ...of })));
  }
  return entries.toReversed();

  /** The rows of an archive. Which they are may change when another copy of a backup is removed. */
  async function idsOf({ place, objectId }: RecordedBackup): Promise<number[]> {
    return await catalog.backups.sharing(place, objectId);
  }

  async function fateOf(backup: RecordedBackup, kept: readonly string[]): Promise<Fate> {
    const { object, silence, isRuled, isWhole } = lookAt(backup);
    const storage = places.storageAt(backup.place);
    if (silence !== undefined || storage === undefined) return ['unknown', [silence ?? 'its storage was not asked']];
    if (object === undefined) {
      if (backup.removingAt === undefined) return ['missing', ['storage does not have it']];
      if (!isDry) await catalog.backups.noteRemoved(await idsOf(backup), clock.now());
      return ['remove', ['an interrupted prune had removed it already']];
    }
    if (!isRuled) return ['keep', ['it is of another catalogue: pgbak catalog rebuild --help']];
    if (kept.length > 0) return ['keep', kept];
    if (!isWhole) {
      return [
        'keep',
        [`it has ${object.sizeBytes} bytes instead of the ${backup.sizeBytes} that were stored: remove it by hand`],
      ];
    }
    if (object.lock !== undefined) return ['locked', [`Object Lock keeps it ${object.lock}`]];
    const others = (await idsOf(backup)).filter((id) => !recorded.some(({ backupId }) => backupId === id));
    if (others.length > 0) return ['keep', [`backup ${others.join(', ')} uses the same archive`]];
    return isDry ? ['remove', []] : await remove(backup, storage, context);
  }
}

/** The rules of a place; undefined where a record cannot be read that may have some. The place is silent then. */
function readRules(place: string, server: ServerRecord, environment: Environment): RulesHere | undefined {
  const ruled = attempt(() => rulesAt(place, server, environment));
  return ruled instanceof PgbakError ? undefined : ruled;
}

interface Look {
  object: StoredObject | undefined;
  /** Why its place could not be asked. */
  silence: string | undefined;
  /** Whether it is this catalogue's to remove. */
  isRuled: boolean;
  /** Whether it has the size that was stored. */
  isWhole: boolean;
}

function look(backup: RecordedBackup, { stored, silent }: AskedPlaces, ruled: ReadonlySet<string>): Look {
  const object = stored.get(objectKey(backup.place, backup.objectId));
  const maker = object?.info?.[CATALOG_FACT] ?? backup.catalogId;
  return {
    object,
    silence: silent.get(backup.place),
    isRuled: maker === undefined || ruled.has(maker),
    isWhole: object?.sizeBytes === (backup.sizeBytes ?? object?.sizeBytes),
  };
}

/** A copy as the rules see it; undefined where its place does not list it for certain, or it is another catalogue's. */
function listed(
  backup: RecordedBackup,
  { object, silence, isRuled, isWhole }: Look,
  verified: ReadonlyMap<number, VerificationRecord>,
): ListedCopy | undefined {
  if (object === undefined || silence !== undefined || !isRuled) return undefined;
  const { backupId, copyOf: rootId = backupId, place, startedAt, result, kept } = backup;
  const isVerified = isWhole ? verified.get(backupId)?.isGood : false;
  return { backupId, rootId, place, startedAt, isGood: result === 'success', isVerified, kept };
}

function asRecorded(backup: BackupRecord): RecordedBackup[] {
  const { place, objectId, objectName } = backup;
  if (place === undefined || objectId === undefined || objectName === undefined) return [];
  return [{ ...backup, place, objectId, objectName }];
}

/** The newest of each backup; the list is newest first. */
function newestByBackup(verifications: readonly VerificationRecord[]): Map<number, VerificationRecord> {
  return new Map(verifications.toReversed().map((verification) => [verification.backupId, verification]));
}

/** Notes the removal before it begins, so that the next prune settles one that was cut off. */
async function remove(
  { place, objectId: id, objectName: name }: RecordedBackup,
  storage: Storage,
  { catalog: { backups }, clock, signal }: Context,
): Promise<Fate> {
  signal.throwIfAborted();
  const ids = await backups.sharing(place, id);
  await backups.noteRemoving(ids, clock.now());
  try {
    await storage.remove({ id, name }, signal);
  } catch (error) {
    signal.throwIfAborted();
    // After any other failure the object may be gone.
    if (error instanceof RefusedError) await backups.noteRemoving(ids, undefined);
    if (error instanceof ObjectLockError) return ['locked', [error.message]];
    return ['failed', [describeFailure(error).message]];
  }
  await backups.noteRemoved(ids, clock.now());
  return ['remove', []];
}

/** What becomes of a backup, as `prune --json` prints it. */
export interface PruneRow {
  serverId: number;
  name: string;
  backupId: number;
  /** Where the copy is that this is about. */
  place: string;
  startedAt: string;
  size: number | null;
  objectName: string;
  objectId: string;
  action: PruneAction;
  reasons: readonly string[];
  /** The destination whose rules apply in that place; null where the rules of the server apply. */
  rulesOf: string | null;
}

export function pruneRow({ serverId, name, backup, action, reasons, rulesOf }: PruneEntry): PruneRow {
  return {
    serverId,
    name,
    backupId: backup.copyOf ?? backup.backupId,
    place: backup.place,
    startedAt: backup.startedAt.toISOString(),
    size: backup.sizeBytes ?? null,
    objectName: backup.objectName,
    objectId: backup.objectId,
    action,
    reasons,
    rulesOf: rulesOf ?? null,
  };
}
