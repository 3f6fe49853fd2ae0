import { getHeapStatistics } from 'node:v8';
import { isArchiveName, isName, parseObjectName } from '../server/names.ts';
import { type Format, isCompression } from '../core/archive-format.ts';
import { parseDatabaseFacts, type DatabaseFacts } from '../core/database-facts.ts';
import { CATALOG_FACT, type Storage, type StoredObject, SUM_FACT } from '../storage/storage.ts';
import { StorageError } from '../core/errors.ts';

/** An archive as storage describes it: by its name, and by the facts that some storages keep with it. */
export interface RemoteArchive {
  place: string;
  object: StoredObject;
  archiveName: string;
  format: Format;
  /** The server's name at the time; the archive name where it is not known. */
  serverName: string;
  startedAt: Date;
  rawSizeBytes?: number;
  compression?: string;
  /** The catalogue that made it, where that is known. */
  catalogId?: string;
  facts?: DatabaseFacts;
}

/** Hourly backups of a hundred servers for more than a year. */
const MOST_ARCHIVES = 1_000_000;
/** Memory for one archive, as measured. */
const ARCHIVE_BYTES = 1100;

/** Leaves half of Node's memory to the work that needs the list. */
function mostThatFit(): number {
  return Math.min(MOST_ARCHIVES, Math.floor(getHeapStatistics().heap_size_limit / 2 / ARCHIVE_BYTES));
}

/**
 * All archives of pgbak in a place whose name begins with `prefix`. Skips other files, and names that pgbak never gives:
 * a name with `..` could later lead out of a directory. Throws a `StorageError` for more than `most`.
 */
export async function listRemoteArchives(
  storage: Storage,
  prefix: string,
  signal: AbortSignal,
  most = mostThatFit(),
): Promise<RemoteArchive[]> {
  const archives: RemoteArchive[] = [];
  const factsIn = rememberingLast(parseDatabaseFacts);
  for await (const object of storage.list(prefix, signal)) {
    const name = parseObjectName(object.name);
    if (name === undefined || !isArchiveName(name.archiveName)) continue;
    if (archives.length >= most) {
      throw new StorageError(
        `${storage.place} lists more than ${most} archives, too many for the memory here`,
        'Look at that storage. Rules of retention remove old archives: pgbak edit shop --keep-last 30',
      );
    }
    const facts = factsIn(object.info?.['pgbak-database'] ?? '');
    archives.push({
      place: storage.place,
      object: withoutFacts(object),
      ...name,
      ...readFacts(object, name.archiveName),
      ...(facts === undefined ? {} : { facts }),
    });
  }
  return archives;
}

/** Shares the parsed facts between backups: they are mostly the same from one backup to the next, and large. */
function rememberingLast<T>(parse: (text: string) => T): (text: string) => T {
  let last: { text: string; parsed: T } | undefined;
  return (text) => (last?.text === text ? last : (last = { text, parsed: parse(text) })).parsed;
}

/** Drops the facts that were parsed; the note of the checksum is read later. */
function withoutFacts({ info = {}, ...object }: StoredObject): StoredObject {
  const sumNote = info[SUM_FACT];
  return sumNote === undefined ? object : { ...object, info: { [SUM_FACT]: sumNote } };
}

/** An id has 36 characters. A longer text is not ours, and is shown only in part. */
const LONGEST_ID = 64;

function readFacts({ info = {}, storedAt }: StoredObject, archiveName: string) {
  const startedAt = new Date(info['pgbak-started-at'] ?? Number.NaN);
  const rawSizeBytes = Number(info['pgbak-raw-size'] ?? Number.NaN);
  const compression = info['pgbak-compression'];
  const catalogId = info[CATALOG_FACT]?.slice(0, LONGEST_ID);
  const serverName = info['pgbak-server'];
  return {
    serverName: serverName !== undefined && isName(serverName) ? serverName : archiveName,
    startedAt: Number.isNaN(startedAt.getTime()) ? storedAt : startedAt,
    ...(Number.isSafeInteger(rawSizeBytes) && rawSizeBytes >= 0 ? { rawSizeBytes } : {}),
    // A new server takes this compression, so it must be a valid one.
    ...(compression !== undefined && isCompression(compression) ? { compression } : {}),
    ...(catalogId === undefined ? {} : { catalogId }),
  };
}
