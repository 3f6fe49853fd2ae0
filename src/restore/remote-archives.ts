import { getHeapStatistics } from 'node:v8';
import { isArchiveName, parseObjectName } from '../server/archive-name.ts';
import { isCompression } from '../core/compression.ts';
import { parseDatabaseFacts, type DatabaseFacts } from '../core/database-facts.ts';
import { CATALOG_FACT, type Storage, type StoredObject, SUM_FACT } from '../storage/storage.ts';
import type { Format } from '../core/dump-format.ts';
import { isName } from '../server/names.ts';
import { StorageError } from '../core/errors.ts';

/** An archive as storage alone tells of it: its name, and the facts that were kept with it where storage can. */
export interface RemoteArchive {
  place: string;
  object: StoredObject;
  archiveName: string;
  format: Format;
  /** As the server was called then; its archive name where that is not known. */
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
/** What one takes of the memory, as measured. */
const ARCHIVE_BYTES = 1100;

/** Half of what Node may use is left to what the archives are listed for. */
function mostThatFit(): number {
  return Math.min(MOST_ARCHIVES, Math.floor(getHeapStatistics().heap_size_limit / 2 / ARCHIVE_BYTES));
}

/**
 * All archives of pgbak's in a place whose name begins with `prefix`. Other files there are passed over, and names that
 * pgbak gives to none: one with `..` would lead out of a directory that a server's archives go to later. Throws a
 * `StorageError` for more than `most`.
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
        `${storage.place} lists more than ${most} archives`,
        'That cannot be right, or is more than fits in memory here. Look at the place; rules remove old archives: --keep-last.',
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

/** A database's facts are the same from one backup to the next, and most of what is kept with each. */
function rememberingLast<T>(parse: (text: string) => T): (text: string) => T {
  let last: { text: string; parsed: T } | undefined;
  return (text) => (last?.text === text ? last : (last = { text, parsed: parse(text) })).parsed;
}

/** What was read is not held twice; the note of its checksum is read later. */
function withoutFacts({ info = {}, ...object }: StoredObject): StoredObject {
  const sumNote = info[SUM_FACT];
  return sumNote === undefined ? object : { ...object, info: { [SUM_FACT]: sumNote } };
}

/** An id has 36 characters; a text that somebody put in its place is none of ours however much of it is shown. */
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
    // A server that is made of this archive would fail with any other from then on.
    ...(compression !== undefined && isCompression(compression) ? { compression } : {}),
    ...(catalogId === undefined ? {} : { catalogId }),
  };
}
