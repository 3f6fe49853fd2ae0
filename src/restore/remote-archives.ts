import { isArchiveName, parseObjectName } from '../config/archive-name.ts';
import { parseDatabaseFacts, type DatabaseFacts } from '../config/database-facts.ts';
import { CATALOG_FACT } from '../config/object-key.ts';
import type { Format } from '../config/server.ts';
import { isName } from '../config/server-input.ts';
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

/**
 * All archives of pgbak's in a place whose name begins with `prefix`. Other files there are passed over, and names that
 * pgbak gives to none: one with `..` would lead out of a directory that a server's archives go to later.
 */
export async function listRemoteArchives(
  storage: Storage,
  prefix: string,
  signal: AbortSignal,
): Promise<RemoteArchive[]> {
  const archives: RemoteArchive[] = [];
  for await (const object of storage.list(prefix, signal)) {
    const name = parseObjectName(object.name);
    if (name !== undefined && isArchiveName(name.archiveName))
      archives.push({ place: storage.place, object, ...name, ...factsOf(object, name.archiveName) });
  }
  return archives;
}

function factsOf({ info = {}, storedAt }: StoredObject, archiveName: string) {
  const startedAt = new Date(info['pgbak-started-at'] ?? Number.NaN);
  const rawSizeBytes = Number(info['pgbak-raw-size'] ?? Number.NaN);
  const compression = info['pgbak-compression'];
  const catalogId = info[CATALOG_FACT];
  const serverName = info['pgbak-server'];
  const facts = parseDatabaseFacts(info['pgbak-database'] ?? '');
  return {
    serverName: serverName !== undefined && isName(serverName) ? serverName : archiveName,
    startedAt: Number.isNaN(startedAt.getTime()) ? storedAt : startedAt,
    ...(Number.isSafeInteger(rawSizeBytes) ? { rawSizeBytes } : {}),
    ...(compression === undefined ? {} : { compression }),
    ...(catalogId === undefined ? {} : { catalogId }),
    ...(facts === undefined ? {} : { facts }),
  };
}
