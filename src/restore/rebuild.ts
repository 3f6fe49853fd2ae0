import type { Catalog } from '../catalog/open-catalog.ts';
import { grouped } from '../core/grouped.ts';
import { freeName } from '../server/free-name.ts';
import { Secret } from '../core/secret.ts';
import { isSignedWith, parseNote } from '../core/sum-note.ts';
import { SERVER_DEFAULTS, type ServerFields, type ServerRecord } from '../server/server.ts';
import type { Storage } from '../storage/storage.ts';
import { listRemoteArchives, type RemoteArchive } from './remote-archives.ts';
import { settleOwners, type ForeignArchives } from './settle-owners.ts';

export interface RebuiltServer {
  server: ServerRecord;
  /** Whether it was not in the catalogue before. */
  isNew: boolean;
  /** How many restore points it has gained. */
  added: number;
}

export interface RebuildTools {
  catalog: Pick<Catalog, 'id' | 'servers' | 'rebuild'>;
  storage: Storage;
  /** Destination and bucket as a new server's record is to have them. */
  destination: Pick<ServerFields, 'destination' | 'b2Bucket'>;
  /** Whether an existing server stores its archives there. */
  storesThere: (server: ServerRecord) => boolean;
  /** What the sums that are kept beside the archives of a server are signed with. */
  passwordOf: (server: ServerRecord) => Secret | undefined;
  warn: (message: string) => void;
  /** Catalogues whose archives are to be taken over, by their ids or how these begin. */
  adoptCatalogs: readonly string[];
  now: Date;
  signal: AbortSignal;
}

type AdoptTools = Pick<RebuildTools, 'storage' | 'passwordOf' | 'warn' | 'now'> & {
  catalog: Pick<Catalog, 'id' | 'rebuild'>;
};

export interface Rebuilt {
  servers: RebuiltServer[];
  /** Archives of other catalogues, which were left alone. */
  foreign: ForeignArchives[];
  /** Other catalogues whose archives were taken in to be restored, and are never removed by rules. */
  readOnly: string[];
}

/**
 * Takes every archive in a place into the catalogue. Archives of one name become restore points of the server that has
 * that archive name there, or of a new one, whose connection string only its user knows. What is known
 * already stays as it is, so that it can be done again. Whose archives may be taken in, `settleOwners` says.
 */
export async function rebuild(tools: RebuildTools): Promise<Rebuilt> {
  const all = await listRemoteArchives(tools.storage, '', tools.signal);
  const { isTaken, foreign, readOnly } = await settleOwners(all, tools);
  const byName = grouped(all.filter(isTaken), ({ archiveName }) => archiveName);
  const rebuilt: RebuiltServer[] = [];
  for (const [archiveName, archives] of byName) {
    archives.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
    const servers = await tools.catalog.servers.list();
    const existing = servers.find((one) => one.archiveName === archiveName && tools.storesThere(one));
    const server = existing ?? (await addServer(archives, servers, tools));
    let added = 0;
    for (const archive of archives) if ((await adoptArchive(archive, server, tools)) !== undefined) added += 1;
    rebuilt.push({ server, isNew: existing === undefined, added });
  }
  return { servers: rebuilt, foreign, readOnly };
}

/** Takes one archive into the catalogue as a backup of that server; undefined where it is known already. */
export async function adoptArchive(
  archive: RemoteArchive,
  server: ServerRecord,
  tools: AdoptTools,
): Promise<number | undefined> {
  const { object, place, startedAt, format, rawSizeBytes, compression, facts, catalogId } = archive;
  const { sizeBytes, sha1, storedAt, name: objectName, id: objectId } = object;
  const { catalog, now } = tools;
  return await catalog.rebuild.adopt(
    {
      serverId: server.id,
      startedAt,
      storedAt,
      format,
      sizeBytes,
      place,
      objectName,
      objectId,
      ...(sha1 === undefined ? {} : { sha1 }),
      ...(await strongSumOf(archive, server, tools)),
      ...(rawSizeBytes === undefined ? {} : { rawSizeBytes }),
      ...(compression === undefined ? {} : { compression }),
      ...(facts === undefined ? {} : { facts }),
      ...(catalogId === undefined || catalogId === catalog.id ? {} : { catalogId }),
    },
    now,
  );
}

/**
 * The SHA-256 that was kept with an archive, where its signature is good; its note, to be judged at the restore,
 * where no password is known yet. A sum that anybody may have put there is none.
 */
async function strongSumOf(
  { object, startedAt, place }: RemoteArchive,
  server: ServerRecord,
  { storage, passwordOf, warn }: AdoptTools,
): Promise<{ sha256?: string; sumNote?: string }> {
  const text = await storage.sumNoteOf(object);
  const note = text === undefined ? undefined : parseNote(text);
  if (text === undefined || note === undefined) return {};
  const password = passwordOf(server);
  if (password === undefined) return { sumNote: text };
  if (await isSignedWith(note, { objectName: object.name, startedAt }, password)) return { sha256: note.sha256 };
  warn(
    `the checksum beside ${object.name} in ${place}, made ${startedAt.toISOString()}, is not signed with the archive ` +
      'password of this server: it counts as unknown, and somebody else may have put the archive there',
  );
  return {};
}

async function addServer(
  archives: readonly RemoteArchive[],
  servers: readonly ServerRecord[],
  { catalog, destination }: RebuildTools,
): Promise<ServerRecord> {
  const newest = archives.at(-1);
  if (newest === undefined) throw new Error('a server was to be made of no archive');
  const { serverName, archiveName, format, compression } = newest;
  return await catalog.servers.add({
    ...SERVER_DEFAULTS,
    ...destination,
    name: freeName(serverName, new Set(servers.map(({ name }) => name))),
    connectionString: new Secret(''),
    archiveName,
    format,
    compression: compression ?? SERVER_DEFAULTS.compression,
  });
}
