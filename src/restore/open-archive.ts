import { join } from 'node:path';
import { Writable } from 'node:stream';
import { copyEntry } from '../archive/copy-entry.ts';
import { lookInside } from '../archive/look-inside.ts';
import { TOC_FILE } from '../archive/extract-files.ts';
import { readHead, readText } from '../archive/read-entry.ts';
import { recordedBytes } from '../archive/zstd.ts';
import type { Context } from '../core/context.ts';
import { ConfigError, InterruptedError, PasswordError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { ORIGIN_WITHIN_BYTES } from '../postgres/dump-toc/dump-origin.ts';
import { dumpDirectory, type DumpDirectory } from './dump-directory.ts';
import type { Loader } from './load/loader.ts';
import { entryNameOf, globalsEntryNameOf, parseObjectName } from '../server/names.ts';
import { sevenZipEnvironment, sevenZipOf, zstdOf } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';
import { storageOf } from '../server/storage-at.ts';
import { candidatesOf, openWithAny, type ArchivePasswords } from './archive-passwords.ts';
import type { RestorePoint } from './choose-point.ts';
import { isKnown, knownSums } from './compare-checksum.ts';
import { fetchArchive } from './fetch-archive.ts';
import { refuseWithoutRoom, withoutRoom } from './temporary-room.ts';
import { heldDirectory } from './temporary.ts';

export interface ArchiveRequest {
  server: ServerRecord;
  point: RestorePoint;
  passwords: ArchivePasswords;
  /** Accept an archive without encryption even where there is a password. */
  allowsUnencrypted?: boolean;
  /** Lets a person accept such an archive, and tells why it is asked; absent where there is no terminal. */
  confirmUnencrypted?: (why: string) => Promise<boolean>;
  /** The command as it could be typed again, without `pgbak`. */
  asTyped: string;
  /** How often a call to storage is tried; fewer times where a person waits. */
  attempts?: number;
}

/** Operations on a proved archive. */
export interface OpenArchive {
  /** Writes the dump to a sink, which stays open. Resolves with the size in bytes when the dump was seen to be whole. */
  copyTo: (sink: Writable) => Promise<number>;
  /** The size of the dump in bytes, where known. */
  dumpBytes: number | undefined;
  /** Undefined where the archive holds no roles and settings. */
  readGlobals: () => Promise<Secret | undefined>;
  /** The beginning of the dump. */
  readHead: () => Promise<Buffer>;
  /** Where the dump is a directory. Then `copyTo` proves its files, one behind the other in any order. */
  directory?: DumpDirectory;
}

/**
 * Copies an archive to a private place, proves that the copy is what was stored, and only then lets `use` look into it.
 * The bytes that are opened are the bytes that were proved, even if the stored archive changes meanwhile.
 *
 * @throws StorageError, ProgramError, ArchiveError as `fetchArchive` does; PasswordError when no password opens it, or it is
 *    not encrypted though there is one
 */
export async function withArchive<T>(
  request: ArchiveRequest,
  context: Context,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const { server, point, passwords, allowsUnencrypted = false, attempts } = request;
  const { catalog, report, signal } = context;
  const { sizeBytes, objectName } = point;
  const say = (message: string, isRetry = false) => report({ type: 'step', message, isRetry });
  const warn = (message: string) => report({ type: 'warning', server: server.name, message });
  const storage = await storageOf(point, server, context, attempts === undefined ? {} : { attempts });
  const isWhole = point.sha1 !== undefined || point.sha256 !== undefined;
  const partSums = isWhole ? undefined : await catalog.backups.partSums(point.backupId);
  const { noted, isOwn, doubt } = await knownSums(point, partSums, candidatesOf(passwords));

  await using directory = await heldDirectory(context);
  const path = join(directory.path, 'archive.7z');
  const onProgress = (bytes: number) => report({ type: 'fetched', bytes, ...total(sizeBytes) });
  await fetchArchive({ point, noted, storage, signal, onProgress, say, warn }, path);

  say('opening the archive');
  const { isEncrypted, archive } = await openWithAny(
    passwords,
    `backup ${point.backupId} of ${point.serverName}`,
    async (password) => await openProven(path, point, password, context),
  );
  if (passwords.today !== undefined && !isEncrypted && !allowsUnencrypted) {
    const why = `${objectName} in ${storage.place} is not encrypted, though there is an archive password`;
    if (isOwn) {
      const message = `backup ${point.backupId} of ${point.serverName} was made without an archive password`;
      report({ type: 'note', message });
    } else if ((await request.confirmUnencrypted?.(`${why}: someone else may have put it there`)) !== true) {
      throw new PasswordError(
        `${why}: someone else may have put it there`,
        `If you know that it was made without a password: pgbak ${request.asTyped} --allow-unencrypted`,
      );
    }
  }
  if (doubt !== undefined) {
    const which = `${objectName} in ${storage.place}, made ${point.startedAt.toISOString()}`;
    warn(`whether ${which}, is the archive that was stored cannot be told: ${doubt}`);
  }
  if (!isKnown(noted)) {
    // Without a checksum of pgbak's, those of 7-Zip at least show damage.
    say('reading the archive to its end');
    await archive.copyTo(nowhere());
  }
  return await use(archive);
}

/** Enough for some 100,000 roles. A larger script was not made by pg_dumpall. */
export const GLOBALS_LIMIT_BYTES = 64_000_000;

/** Opens a proved copy of an archive. Its entries have the archive name of that time, which may differ from today's. */
async function openProven(
  archivePath: string,
  { objectName, format, rawSizeBytes }: RestorePoint,
  password: Secret | undefined,
  context: Context,
): Promise<{ isEncrypted: boolean; archive: OpenArchive }> {
  const name = parseObjectName(objectName);
  if (name === undefined) throw new ConfigError(`${objectName} is not the name of an archive of pgbak's`);
  const { archiveName } = name;
  const globalsName = globalsEntryNameOf(archiveName);
  const location = {
    sevenZip: await sevenZipOf(context),
    environment: sevenZipEnvironment(context.environment),
    archivePath,
    ...(password === undefined ? {} : { password }),
    signal: context.signal,
  };
  const isDirectory = format === 'directory';
  const { dumpEntry, entryBytes, files, hasGlobals, isEncrypted, hasHiddenNames } = await lookInside(location, {
    dumps: [entryNameOf(archiveName, format, 'none'), entryNameOf(archiveName, format, 'zstd')],
    globals: globalsName,
    isDirectory,
  });
  const locateDump = async () => (dumpEntry.endsWith('.zst') ? { ...location, zstd: await zstdOf(context) } : location);
  const expectedBytes = recordedBytes(rawSizeBytes, dumpEntry, entryBytes);
  const archive: OpenArchive = {
    dumpBytes: expectedBytes,
    copyTo: async (sink) => {
      return await copyEntry({ ...(await locateDump()), entryName: dumpEntry }, format, sink, {
        onProgress: (bytes) => context.report({ type: 'copied', bytes, ...total(rawSizeBytes) }),
        ...(expectedBytes === undefined ? {} : { expectedBytes }),
      });
    },
    readGlobals: async () => (hasGlobals ? await readText(location, globalsName, GLOBALS_LIMIT_BYTES) : undefined),
    readHead: async () =>
      await readHead(await locateDump(), isDirectory ? `${dumpEntry}/${TOC_FILE}` : dumpEntry, ORIGIN_WITHIN_BYTES),
  };
  if (files !== undefined) archive.directory = dumpDirectory(location, dumpEntry, files, archive.copyTo);
  // Only reading it to its end tells whether the password is the right one.
  if (isEncrypted && !hasHiddenNames) await archive.copyTo(nowhere());
  return { isEncrypted, archive };
}

function total(bytes: number | undefined): { totalBytes?: number } {
  return bytes === undefined ? {} : { totalBytes: bytes };
}

/** A sink that drops all bytes, to read a stream to its end. */
export function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** Loads a dump, all of it or nothing, and returns its size in bytes. */
export async function load(loader: Loader, archive: OpenArchive): Promise<number> {
  const { unpacksTo } = loader;
  const { copyTo, directory } = archive;
  try {
    if (unpacksTo !== undefined) await refuseWithoutRoom(unpacksTo, archive.dumpBytes, 'dump');
    const isDirectory = directory !== undefined && unpacksTo !== undefined;
    const dumpBytes = isDirectory ? await directory.extractTo(unpacksTo, false) : await copyTo(loader.input);
    await loader.commit();
    return dumpBytes;
  } catch (error) {
    const reason = await loader.abandon();
    // The loader's reason to refuse a dump tells more than its broken pipe.
    if (error instanceof InterruptedError) throw error;
    const full = unpacksTo === undefined ? undefined : withoutRoom(error, unpacksTo, 'dump');
    throw full ?? reason ?? error;
  }
}
