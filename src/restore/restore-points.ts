import { backupRow, type BackupRow } from '../monitor/history.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { attempt, PgbakError } from '../core/errors.ts';
import { parseObjectName } from '../server/names.ts';
import { knownPlacesOf, resolveDestinations } from '../server/destination.ts';
import type { Environment } from '../server/environment.ts';
import type { ServerRecord } from '../server/server.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, openPlace, storageOf } from '../server/storage-at.ts';
import { objectKey } from '../storage/storage.ts';
import type { GradedCopy } from './graded-copies.ts';
import { listedCopies, ofBackup, pointState, type ListedCopy } from './listed-copies.ts';
import { listRemoteArchives, type RemoteArchive } from './remote-archives.ts';

/**
 * `present`: recorded, and in storage. `missing`: recorded, but not in storage. `unknown`: recorded, but storage could not
 * be asked. `not in catalogue`: stored under a server's name, but not recorded. `of another catalogue`: the same, made by
 * another catalogue.
 */
export type PointState = 'present' | 'missing' | 'unknown' | UnrecordedState;
type UnrecordedState = 'not in catalogue' | 'of another catalogue';

export type ListedPoint =
  | { state: Exclude<PointState, UnrecordedState>; backup: BackupRecord; copies: ListedCopy[] }
  | { state: UnrecordedState; archive: RemoteArchive };

/** An archive that is not recorded. Archives of the catalogues `ownIds` count as our own. */
function unrecorded(archive: RemoteArchive, ownIds: ReadonlySet<string>): ListedPoint {
  const isOwn = archive.catalogId === undefined || ownIds.has(archive.catalogId);
  return { state: isOwn ? 'not in catalogue' : 'of another catalogue', archive };
}

/** Restore points; incomplete where a place could not be asked, which was reported. */
interface ListedPoints {
  points: ListedPoint[];
  isComplete: boolean;
}

interface Remembered {
  server: ServerRecord;
  /** Its good backups to look for. */
  backups: readonly BackupRecord[];
}

/**
 * The good backups of some servers or of all, joined with what storage holds under their names; newest first. Of the last
 * `limit` in the catalogue, each place is asked, and so are the places where archives go today. A backup of a deleted
 * server is `unknown` unless its place was asked for another server.
 */
export async function restorePointsOf(
  chosen: readonly ServerRecord[] | undefined,
  limit: number,
  context: Context,
): Promise<ListedPoints> {
  const { catalog, environment, report, signal } = context;
  const servers = chosen ?? (await catalog.servers.units());
  const backups = await catalog.backups.newestPoints(
    limit,
    chosen?.map(({ id }) => id),
  );
  const copies = await copiesOfAll(backups, catalog);
  const byServer = new Map<number | undefined, BackupRecord[]>(servers.map(({ id }) => [id, []]));
  for (const backup of backups) byServer.get(backup.serverId)?.push(...(copies.get(backup.backupId) ?? []));
  const remembered = servers.map((one) => ({ server: one, backups: byServer.get(one.id) ?? [] }));

  const found = new Map<string, RemoteArchive>();
  const answered = new Set<string>();
  const silent = new Set<string>();
  for (const { place, server: owner, archiveNames } of questionsFor(remembered, environment)) {
    try {
      const storage = await storageOf({ place }, owner, context, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
      for (const archive of await listRemoteArchives(storage, commonPrefix(archiveNames), signal)) {
        if (archiveNames.has(archive.archiveName)) found.set(objectKey(place, archive.object.id), archive);
      }
      answered.add(place);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PgbakError)) throw error;
      silent.add(place);
      report({ type: 'note', message: `cannot ask ${place} for its archives: ${error.message}` });
    }
  }
  for (const server of servers) {
    const why = knownPlacesOf(server, environment).length === 0 ? unresolved(server, environment) : undefined;
    if (why !== undefined) report({ type: 'note', message: `cannot ask for archives of ${server.name}: ${why}` });
  }
  const recorded = backups.map((backup): ListedPoint => {
    // For a deleted server no place was asked.
    const isAsked = (place: string) => backup.serverId !== undefined && answered.has(place);
    const isSilent = (place: string) => silent.has(place) || !isAsked(place);
    const listed = listedCopies(copies.get(backup.backupId) ?? [], { found, isSilent });
    return { state: pointState(listed), backup, copies: listed };
  });
  const given = new Set([...copies.values()].flat().map((copy) => keyOf(copy)));
  // Leave out archives that are older than all the backups shown.
  const since = (backups.length < limit ? undefined : backups.at(-1)?.startedAt) ?? new Date(0);
  const doubtful = [...found].filter(([key, { startedAt }]) => !given.has(key) && startedAt >= since);
  const records = await catalog.backups.ofObjects(doubtful.map(([, { object }]) => object.id));
  const known = new Set(records.map((backup) => keyOf(backup)));
  const ownIds = await catalog.rebuild.knownCatalogs();
  const others = doubtful.filter(([key]) => !known.has(key)).map(([, archive]) => unrecorded(archive, ownIds));
  const points = [...recorded, ...others].toSorted((a, b) => madeAt(b) - madeAt(a));
  return { points: points.slice(0, limit), isComplete: silent.size === 0 };
}

/** Why the place of a server's archives is not known. */
function unresolved(server: ServerRecord, environment: Environment): string | undefined {
  const found = attempt(() => resolveDestinations(server, environment));
  return found instanceof PgbakError ? found.message : undefined;
}

/** All archives of pgbak in a place, of every catalogue, with what our catalogue knows of them. */
export async function remotePointsIn(
  from: string | undefined,
  limit: number,
  context: Context,
): Promise<ListedPoint[]> {
  const { catalog, signal } = context;
  const storage = await openPlace(from, context);
  const all = await listRemoteArchives(storage, '', signal);
  const archives = all.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime()).slice(0, limit);
  const ownIds = await catalog.rebuild.knownCatalogs();
  const recorded = new Map<string, BackupRecord>();
  for (const backup of await catalog.backups.ofObjects(archives.map(({ object }) => object.id)))
    recorded.set(objectKey(backup.place, backup.objectId), backup);
  return archives.map((archive): ListedPoint => {
    const backup = recorded.get(objectKey(archive.place, archive.object.id));
    if (backup === undefined) return unrecorded(archive, ownIds);
    const copy = { place: archive.place, objectId: archive.object.id, state: 'present' as const };
    return { state: 'present', backup: ofBackup(backup), copies: [copy] };
  });
}

/** The copies of each backup by its id, with what verifications say of them. */
async function copiesOfAll(
  all: readonly BackupRecord[],
  { backups, verifications }: Context['catalog'],
): Promise<Map<number, GradedCopy[]>> {
  const further = await backups.furtherCopies(all.map(({ backupId }) => backupId));
  const rows = new Map(all.map((one) => [one.backupId, [one, ...(further.get(one.backupId) ?? [])]]));
  const verdicts = await verifications.verdictsOf([...rows.values()].flat().map(({ backupId }) => backupId));
  const graded = (row: BackupRecord): GradedCopy => ({ ...row, ...verdicts.get(row.backupId) });
  return new Map([...rows].map(([id, copies]) => [id, copies.map(graded)]));
}

const keyOf = ({ place, objectId }: BackupRecord) => objectKey(place, objectId);

const madeAt = (point: ListedPoint) => ('archive' in point ? point.archive : point.backup).startedAt.getTime();

interface Question {
  place: string;
  server: ServerRecord;
  archiveNames: Set<string>;
}

/** One listing for each place and key: servers may share them. */
function questionsFor(servers: readonly Remembered[], environment: Environment): Question[] {
  const questions = new Map<string, Question>();
  const ask = (place: string | undefined, server: ServerRecord, archiveName: string | undefined) => {
    if (place === undefined || archiveName === undefined) return;
    const key = `${place}\n${server.b2KeyId?.reveal() ?? ''}`;
    const question = questions.get(key) ?? { place, server, archiveNames: new Set() };
    question.archiveNames.add(archiveName);
    questions.set(key, question);
  };
  for (const { server, backups } of servers) {
    for (const place of knownPlacesOf(server, environment)) ask(place, server, server.archiveName);
    for (const { place, objectName } of backups) {
      ask(place, server, objectName === undefined ? undefined : parseObjectName(objectName)?.archiveName);
    }
  }
  return [...questions.values()];
}

/** The common beginning of the object names. The dot keeps `shop` apart from `shopping`. */
function commonPrefix(archiveNames: ReadonlySet<string>): string {
  const [first = '', ...others] = [...archiveNames].map((name) => `${name}.`);
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** A restore point as `backups --json` prints it. Id and server are null where it is not in the catalogue. */
export interface RestorePointRow extends Omit<BackupRow, 'backupId'> {
  /** Null for an archive that is not in the catalogue. */
  backupId: number | null;
  /** `b2:BUCKET` or `file:/dir`: where it is read first. */
  place: string | null;
  state: PointState;
  /** How each of its places holds it, the one above first; empty for an archive that is not in the catalogue. */
  copies: ListedCopy[];
}

export function restorePointRow(point: ListedPoint): RestorePointRow {
  if ('archive' in point) return remoteRow(point.archive, point.state);
  const { backup, state, copies } = point;
  return { ...backupRow(backup), place: backup.place ?? null, state, copies };
}

function remoteRow(
  { place, object, format, serverName, startedAt, rawSizeBytes, compression }: RemoteArchive,
  state: PointState,
): RestorePointRow {
  return {
    backupId: null,
    serverId: null,
    name: serverName,
    startedAt: startedAt.toISOString(),
    finishedAt: null,
    success: true,
    size: object.sizeBytes,
    rawSize: rawSizeBytes ?? null,
    format,
    compression: compression ?? null,
    place,
    objectName: object.name,
    objectId: object.id,
    checksum: object.sha1 === undefined ? null : `sha1:${object.sha1}`,
    sha256: null,
    partChecksums: null,
    warnings: [],
    error: null,
    state,
    copies: [],
  };
}
