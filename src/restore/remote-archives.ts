import { isArchiveName, parseObjectName } from '../config/archive-name.ts';
import { isCompression } from '../config/compression.ts';
import { parseDatabaseFacts, type DatabaseFacts } from '../config/database-facts.ts';
import { CATALOG_FACT } from '../config/object-key.ts';
import type { Format } from '../config/server.ts';
import { isName } from '../config/server-input.ts';
import { StorageError } from '../errors.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';

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

/** Hourly backups of a hundred servers for more than a year; they are held in memory, in about 1 GB. */
const MOST_ARCHIVES = 1_000_000;

/**
 * All archives of pgbak's in a place whose name begins with `prefix`. Other files there are passed over, and names that
 * pgbak gives to none: one with `..` would lead out of a directory that a server's archives go to later. Throws a
 * `StorageError` for more than `most`.
 */
export async function listRemoteArchives(
  storage: Storage,
  prefix: string,
  signal: AbortSignal,
  most = MOST_ARCHIVES,
): Promise<RemoteArchive[]> {
  const archives: RemoteArchive[] = [];
  for await (const object of storage.list(prefix, signal)) {
    const name = parseObjectName(object.name);
    if (name === undefined || !isArchiveName(name.archiveName)) continue;
    if (archives.length >= most) {
      throw new StorageError(
        `${storage.place} lists more than ${most} archives`,
        'That cannot be right, or more than pgbak can look through. Look at the place; rules remove old archives: --keep-last.',
      );
    }
    archives.push({ place: storage.place, object, ...name, ...factsOf(object, name.archiveName) });
  }
  return archives;
}

/** An id has 36 characters; a text that somebody put in its place is none of ours however much of it is shown. */
const LONGEST_ID = 64;

function factsOf({ info = {}, storedAt }: StoredObject, archiveName: string) {
  const startedAt = new Date(info['pgbak-started-at'] ?? Number.NaN);
  const rawSizeBytes = Number(info['pgbak-raw-size'] ?? Number.NaN);
  const compression = info['pgbak-compression'];
  const catalogId = info[CATALOG_FACT]?.slice(0, LONGEST_ID);
  const serverName = info['pgbak-server'];
  const facts = parseDatabaseFacts(info['pgbak-database'] ?? '');
  return {
    serverName: serverName !== undefined && isName(serverName) ? serverName : archiveName,
    startedAt: Number.isNaN(startedAt.getTime()) ? storedAt : startedAt,
    ...(Number.isSafeInteger(rawSizeBytes) && rawSizeBytes >= 0 ? { rawSizeBytes } : {}),
    // A server that is made of this archive would fail with any other from then on.
    ...(compression !== undefined && isCompression(compression) ? { compression } : {}),
    ...(catalogId === undefined ? {} : { catalogId }),
    ...(facts === undefined ? {} : { facts }),
  };
}
