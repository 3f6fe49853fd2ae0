import type { BackupRecord, VerificationRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { describeFailure, RefusedError } from '../core/errors.ts';
import { grouped } from '../core/group-by.ts';
import { hasRules } from '../server/retention-rules.ts';
import { unreadableProblem, type ServerRecord } from '../server/server.ts';
import { CATALOG_FACT, objectKey, type Storage, type StoredObject } from '../storage/storage.ts';
import { askPlaces, type AskedPlaces, type RecordedBackup } from './ask-places.ts';
import { decide } from './decide.ts';

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
}

interface PruneOptions {
  /** Remove nothing, only tell. */
  isDry: boolean;
  /** The backup that this run has made. */
  justMade?: number | undefined;
}

type Fate = [PruneAction, readonly string[]];

/**
 * Removes what a server's rules do not keep: objects that pgbak recorded for this server, each by its id, the oldest
 * first. The rules count only what storage lists, and leave what another catalogue made. A place that does not answer, or
 * a removal that fails, is reported; its records stay, and the next one is tried. With `isDry` nothing is removed, and
 * `remove` means that it would be.
 */
export async function prune(
  server: ServerRecord,
  { isDry, justMade }: PruneOptions,
  context: Context,
): Promise<PruneEntry[]> {
  const unreadable = unreadableProblem(server);
  if (unreadable !== undefined) throw unreadable;
  if (!hasRules(server)) return [];
  const { catalog, clock } = context;
  const recorded = (await catalog.backups.archives(server.id)).flatMap((backup) => asRecorded(backup));
  const places = await askPlaces(recorded, server, context);
  const verified = newestByBackup(await catalog.verifications.thoroughOfStored(server.id));
  const ruled = await catalog.rebuild.ruledCatalogs();
  const lookAt = (backup: RecordedBackup) => look(backup, places, ruled);
  // Several rows may name one archive, which is kept or removed once.
  const groups = [...grouped(recorded, ({ place, objectId }) => objectKey(place, objectId)).values()];
  const first = ([one]: readonly RecordedBackup[]) => one ?? [];
  const asCandidate = (backup: RecordedBackup) => {
    const { object, isRuled, isWhole } = lookAt(backup);
    if (object === undefined || !isRuled) return [];
    const { backupId, startedAt, result } = backup;
    const isVerified = isWhole ? verified.get(backupId)?.isGood : false;
    return [{ backupId, startedAt, isGood: result === 'success', isVerified }];
  };
  const archives = groups.flatMap((group) => first(group));
  // The rules apply to each place by itself.
  const verdicts = new Map(
    [...grouped(archives, ({ place }) => place).values()].flatMap((here) => {
      const newest = here.find(({ backupId, copyOf }) => justMade !== undefined && (copyOf ?? backupId) === justMade);
      const moment = { now: clock.now(), justMade: newest?.backupId };
      return [...decide(here.flatMap(asCandidate), server, moment)];
    }),
  );

  const entries: PruneEntry[] = [];
  const identity = { serverId: server.id, name: server.name };
  for (const group of groups.toReversed()) {
    const [backup] = group;
    if (backup === undefined) continue;
    const [action, reasons] = await fateOf(backup, verdicts.get(backup.backupId) ?? []);
    entries.push(...group.map((one) => ({ ...identity, backup: one, action, reasons })));
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
    const pinned = keptInWords(backup, clock.now());
    if (kept.length > 0 || pinned !== undefined) return ['keep', [...(pinned ?? []), ...kept]];
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

/** Why a person keeps it; undefined where none does, or not any more. */
function keptInWords({ kept }: RecordedBackup, now: Date): string[] | undefined {
  if (kept === undefined || (kept.until !== undefined && kept.until < now)) return undefined;
  const until = kept.until === undefined ? '' : ` until ${kept.until.toISOString().slice(0, 10)}`;
  return [`kept by hand${until}${kept.note === undefined ? '' : `: ${kept.note}`}`];
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
}

export function pruneRow({ serverId, name, backup, action, reasons }: PruneEntry): PruneRow {
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
  };
}
