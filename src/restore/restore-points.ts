import { parseObjectName } from '../server/archive-name.ts';
import type { BackupRecord } from '../core/backup-record.ts';
import { objectKey, type Storage } from '../storage/storage.ts';
import type { ServerRecord } from '../server/server.ts';
import { PgbakError } from '../core/errors.ts';
import { listRemoteArchives, type RemoteArchive } from './remote-archives.ts';

/**
 * `present`: recorded, and storage has it. `missing`: recorded, and storage does not have it. `not in catalogue`: stored
 * under a server's name, but not recorded. `of another catalogue`: likewise, and made by another. `unknown`: recorded, and
 * storage could not be asked.
 */
export type PointState = 'present' | 'missing' | 'unknown' | UnrecordedState;
type UnrecordedState = 'not in catalogue' | 'of another catalogue';

export type ListedPoint =
  | { state: Exclude<PointState, UnrecordedState>; backup: BackupRecord }
  | { state: UnrecordedState; archive: RemoteArchive };

/** An archive of which the catalogue knows nothing. `ownIds` are the catalogues whose archives are its own. */
export function unrecorded(archive: RemoteArchive, ownIds: ReadonlySet<string>): ListedPoint {
  const isOwn = archive.catalogId === undefined || ownIds.has(archive.catalogId);
  return { state: isOwn ? 'not in catalogue' : 'of another catalogue', archive };
}

export interface ListTools {
  signal: AbortSignal;
  /** `b2:BUCKET` or `file:/dir`, with the keys that this server has today. */
  storageAt: (place: string, server: ServerRecord) => Promise<Storage>;
  /** Where a server's archives go today; undefined where its settings do not say. */
  placeToday: (server: ServerRecord) => string | undefined;
  warn: (message: string) => void;
  /** The catalogues whose archives are our own. */
  ownIds: ReadonlySet<string>;
  /** What the catalogue knows, good or not, to be in storage under these ids, in any place. */
  recordsOf: (objectIds: readonly string[]) => Promise<readonly BackupRecord[]>;
  /** Archives made earlier that are not among the given backups are left out. */
  since: Date | undefined;
}

export interface Remembered {
  server: ServerRecord;
  /** Its good backups that are asked about. */
  backups: readonly BackupRecord[];
}

/**
 * The good backups of servers, joined with what storage really holds under their names, newest first. `orphans` are those
 * of servers that were deleted: they are present where storage was asked for another server's sake, and else unknown.
 */
export async function listRestorePoints(
  servers: readonly Remembered[],
  orphans: readonly BackupRecord[],
  tools: ListTools,
): Promise<ListedPoint[]> {
  const found = new Map<string, RemoteArchive>();
  const silent = new Set<string>();
  for (const { place, server, archiveNames } of questionsFor(servers, tools)) {
    try {
      const storage = await tools.storageAt(place, server);
      for (const archive of await listRemoteArchives(storage, commonPrefix(archiveNames), tools.signal)) {
        if (archiveNames.has(archive.archiveName)) found.set(objectKey(place, archive.object.id), archive);
      }
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!(error instanceof PgbakError)) throw error;
      silent.add(place);
      tools.warn(`${place} could not be asked: ${error.message}`);
    }
  }
  const remembered = servers.flatMap(({ backups }) => backups);
  const given = new Set([...remembered, ...orphans].map((backup) => keyOf(backup)));
  const recorded = remembered.map((backup): ListedPoint => ({ state: stateOf(backup, found, silent), backup }));
  const { since = new Date(0) } = tools;
  const doubtful = [...found].filter(([key, { startedAt }]) => !given.has(key) && startedAt >= since);
  const records = await tools.recordsOf(doubtful.map(([, { object }]) => object.id));
  const known = new Set(records.map((backup) => keyOf(backup)));
  const others = doubtful
    .filter(([key]) => !known.has(key))
    .map(([, archive]): ListedPoint => unrecorded(archive, tools.ownIds));
  const left = orphans.map((backup): ListedPoint => {
    return { state: found.has(keyOf(backup)) ? 'present' : 'unknown', backup };
  });
  return [...recorded, ...others, ...left].toSorted((a, b) => madeAt(b) - madeAt(a));
}

function stateOf(
  { place, objectId }: BackupRecord,
  found: ReadonlyMap<string, RemoteArchive>,
  silent: ReadonlySet<string>,
): 'present' | 'missing' | 'unknown' {
  if (place === undefined || objectId === undefined || silent.has(place)) return 'unknown';
  return found.has(objectKey(place, objectId)) ? 'present' : 'missing';
}

const keyOf = ({ place, objectId }: BackupRecord) => objectKey(place, objectId);

const madeAt = (point: ListedPoint) => ('archive' in point ? point.archive : point.backup).startedAt.getTime();

interface Question {
  place: string;
  server: ServerRecord;
  archiveNames: Set<string>;
}

/** One listing for each place and key, however many servers share them. */
function questionsFor(servers: readonly Remembered[], { placeToday }: ListTools): Question[] {
  const questions = new Map<string, Question>();
  const ask = (place: string | undefined, server: ServerRecord, archiveName: string | undefined) => {
    if (place === undefined || archiveName === undefined) return;
    const key = `${place}\n${server.b2KeyId?.reveal() ?? ''}`;
    const question = questions.get(key) ?? { place, server, archiveNames: new Set() };
    question.archiveNames.add(archiveName);
    questions.set(key, question);
  };
  for (const { server, backups } of servers) {
    ask(placeToday(server), server, server.archiveName);
    for (const { place, objectName } of backups) {
      ask(place, server, objectName === undefined ? undefined : parseObjectName(objectName)?.archiveName);
    }
  }
  return [...questions.values()];
}

/** What all object names of these archives begin with. The point keeps a lone `shop` apart from `shopping`. */
function commonPrefix(archiveNames: ReadonlySet<string>): string {
  const [first = '', ...others] = [...archiveNames].map((name) => `${name}.`);
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
