import type { Context } from '../core/context.ts';
import { attempt, PgbakError } from '../core/errors.ts';
import { grouped } from '../core/group-by.ts';
import { Secret } from '../core/secret.ts';
import { isSignedWithAny, parseNote } from '../core/checksum-note.ts';
import { fieldsOfPlace, knownPlacesOf } from '../server/destination.ts';
import { parsePlace } from '../storage/place.ts';
import type { Environment } from '../server/environment.ts';
import { freeName } from '../server/names.ts';
import { SERVER_DEFAULTS, type ServerRecord } from '../server/server.ts';
import { openPlace } from '../server/storage-at.ts';
import type { Storage } from '../storage/storage.ts';
import { candidatesOf, passwordsOf } from './archive-passwords.ts';
import { listRemoteArchives, type RemoteArchive } from './remote-archives.ts';
import { unsignedWarning } from './unsigned-archives.ts';
import { rebuiltPart } from './cluster/rebuilt-part.ts';
import { bringAlong, lostElsewhere } from './moved-directory.ts';
import { settleOwners, type ForeignArchives } from './settle-owners.ts';

interface RebuiltServer {
  server: ServerRecord;
  /** Whether the catalogue did not have it before. */
  isNew: boolean;
  /** How many restore points were added. */
  added: number;
}

interface RebuildRequest {
  /** The place that a user names: `b2`, `b2:BUCKET` or `file:/dir`. */
  from: string;
  /** Other catalogues whose archives are taken over; each by its id or the first characters of it. */
  adoptCatalogs: readonly string[];
  /** Used instead of the servers' own archive passwords. */
  password: Secret | undefined;
}

/** Where archives come from, and the passwords that sign their checksums. */
interface Source {
  storage: Storage;
  /** The passwords of which one signs the checksum beside an archive of a server. */
  passwordsOf: (server: ServerRecord) => readonly Secret[];
  /** Called for an archive whose checksum none of the passwords signed. */
  onUnsigned: (archive: RemoteArchive) => void;
}

interface Rebuilt {
  servers: RebuiltServer[];
  /** Archives of other catalogues, which are left alone. */
  foreign: ForeignArchives[];
  /** Other catalogues whose archives can be restored now, and which no rule removes. */
  readOnly: string[];
  /** What was done about directories that have another path now, and what is left to do. */
  notes: string[];
}

/**
 * Records every archive in a place in the catalogue, except those that `settleOwners` excludes. Archives of one name
 * become restore points of the server with that archive name, or of a new server, for which the user has to give a
 * connection string. Known archives stay unchanged, so a rebuild can be repeated.
 */
export async function rebuild({ from, adoptCatalogs, password }: RebuildRequest, context: Context): Promise<Rebuilt> {
  const { catalog, environment, report, signal } = context;
  const storage = await openPlace(from, context);
  const ofPlace = { storage, passwordsOf: (server: ServerRecord) => knownPasswordsOf(server, environment, password) };
  const all = await listRemoteArchives(storage, '', signal);
  const notes = await bringAlong(storage.place, context);
  const { isTaken, foreign, readOnly } = await settleOwners(all, adoptCatalogs, context);
  const byName = grouped(all.filter(isTaken), ({ archiveName }) => archiveName);
  const rebuilt: RebuiltServer[] = [];
  for (const [archiveName, archives] of byName) {
    archives.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
    const servers = await catalog.servers.besides(undefined);
    const existing =
      servers.find(
        (one) => one.archiveName === archiveName && knownPlacesOf(one, environment).includes(storage.place),
      ) ?? (await ownerOf(archives, servers, context));
    const part = existing === undefined ? await rebuiltPart(archiveName, byName, storage.place, context) : undefined;
    const server = existing ?? part ?? (await addServer(archives, servers, storage.place, context));
    const unsigned: RemoteArchive[] = [];
    const source = { ...ofPlace, onUnsigned: (archive: RemoteArchive) => void unsigned.push(archive) };
    let added = 0;
    for (const archive of archives)
      if ((await adoptArchive(archive, server, source, context)) !== undefined) added += 1;
    if (unsigned.length > 0) {
      report({ type: 'warning', server: server.name, message: unsignedWarning(unsigned, server) });
    }
    rebuilt.push({ server, isNew: existing === undefined, added });
  }
  notes.push(...(await lostElsewhere(all.filter(isTaken), storage.place, context)));
  return { servers: rebuilt, foreign, readOnly, notes };
}

/** The server that has archives of a place already, though it stores elsewhere by now. */
async function ownerOf(
  archives: readonly RemoteArchive[],
  servers: readonly ServerRecord[],
  { catalog }: Context,
): Promise<ServerRecord | undefined> {
  const recorded = await catalog.backups.ofObjects(archives.map(({ object }) => object.id));
  const places = new Set(archives.map(({ place }) => place));
  const owners = new Set(recorded.flatMap(({ place = '', serverId }) => (places.has(place) ? [serverId] : [])));
  return servers.find(({ id }) => owners.has(id));
}

/** A server without a readable password is rebuilt as well; a restore asks for the password. */
function knownPasswordsOf(server: ServerRecord, environment: Environment, given: Secret | undefined): Secret[] {
  const known = attempt(() => candidatesOf(passwordsOf(server, environment, given)));
  return known instanceof PgbakError ? [] : known;
}

/** Takes one archive into the catalogue as a backup of a server. Returns its id; undefined where it is known already. */
export async function adoptArchive(
  archive: RemoteArchive,
  server: ServerRecord,
  source: Source,
  context: Context,
): Promise<number | undefined> {
  const { object, place, startedAt, format, rawSizeBytes, compression, facts, catalogId } = archive;
  const { sizeBytes, sha1, storedAt, name: objectName, id: objectId } = object;
  const { catalog, clock } = context;
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
      ...(await strongSumOf(archive, server, source)),
      ...(rawSizeBytes === undefined ? {} : { rawSizeBytes }),
      ...(compression === undefined ? {} : { compression }),
      ...(facts === undefined ? {} : { facts }),
      ...(catalogId === undefined || catalogId === catalog.id ? {} : { catalogId }),
    },
    clock.now(),
  );
}

/**
 * The SHA-256 that was kept with an archive. Counts only with a good signature; where no password is known yet, the note is
 * kept, for the restore to judge.
 */
async function strongSumOf(
  archive: RemoteArchive,
  server: ServerRecord,
  { storage, passwordsOf: passwordsFor, onUnsigned }: Source,
): Promise<{ sha256?: string; sumNote?: string }> {
  const { object, startedAt } = archive;
  const text = await storage.sumNoteOf(object);
  const note = text === undefined ? undefined : parseNote(text);
  if (text === undefined || note === undefined) return {};
  const passwords = passwordsFor(server);
  if (passwords.length === 0) return { sumNote: text };
  if (await isSignedWithAny(note, { objectName: object.name, startedAt }, passwords)) return { sha256: note.sha256 };
  onUnsigned(archive);
  return {};
}

async function addServer(
  archives: readonly RemoteArchive[],
  servers: readonly ServerRecord[],
  place: string,
  { catalog, environment }: Context,
): Promise<ServerRecord> {
  const newest = archives.at(-1);
  if (newest === undefined) throw new Error('no archive to make a server of');
  const { serverName, archiveName, format, compression } = newest;
  return await catalog.servers.add({
    ...SERVER_DEFAULTS,
    ...fieldsOfPlace(parsePlace(place), environment),
    name: freeName(serverName, new Set(servers.map(({ name }) => name))),
    connectionString: new Secret(''),
    archiveName,
    format,
    compression: format === 'directory' ? SERVER_DEFAULTS.compression : (compression ?? SERVER_DEFAULTS.compression),
  });
}
