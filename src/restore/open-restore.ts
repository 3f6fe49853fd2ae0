import { copyEntry } from '../archive/copy-entry.ts';
import { lookInside, type ArchiveContents } from '../archive/look-inside.ts';
import { readHead, readText } from '../archive/read-entry.ts';
import { findZstd, recordedBytes } from '../archive/zstd.ts';
import { entryNameOf, globalsEntryNameOf, parseObjectName } from '../server/archive-name.ts';
import type { Environment } from '../server/environment.ts';
import { resolveReference } from '../server/reference.ts';
import { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import { ConfigError } from '../core/errors.ts';
import type { Connection } from '../postgres/connection.ts';
import { ORIGIN_WITHIN_BYTES } from '../postgres/dump-toc/dump-origin.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { programEnvironment } from '../postgres/program-environment.ts';
import type { RestorePoint } from './choose-point.ts';
import type { HandOverTools, ProvenArchive } from './hand-over.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import { promptContext } from '../system/interruption.ts';
import { canAsk } from '../terminal/prompts/terminal.ts';
import { clientProgramsFor, once, sevenZipEnvironment, sevenZipFor } from '../backup/open-programs.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { heldDirectory } from './scratch-place.ts';
import { storageOf } from '../server/storage-at.ts';

/** What fetches an archive and opens it. */
export function buildHandOverTools(
  workplace: Workplace,
  signal: AbortSignal,
  report: HandOverTools['report'] = () => {},
  options: { attempts?: number; allowsUnencrypted?: boolean } = {},
): HandOverTools {
  const { allowsUnencrypted = false, ...patience } = options;
  const sevenZip = once(() => sevenZipFor(workplace.environment, process.env, signal));
  const locate = async ({ path, password }: ProvenArchive) => ({
    sevenZip: await sevenZip(),
    environment: sevenZipEnvironment(process.env),
    archivePath: path,
    ...(password === undefined ? {} : { password }),
    signal,
  });
  const locateDump = async (archive: ProvenArchive & ArchiveContents) => {
    const location = await locate(archive);
    if (!archive.dumpEntry.endsWith('.zst')) return location;
    return { ...location, zstd: await findZstd(location.environment, signal) };
  };
  return {
    signal,
    report,
    allowsUnencrypted,
    storageOf: (point, server) => storageOf(point, server, workplace, patience),
    partSumsOf: (backupId) => workplace.catalog.backups.partSums(backupId),
    createTemporaryDirectory: () => restoreDirectory(workplace),
    lookInside: async (archive) => {
      const { archiveName } = nameOf(archive.point);
      const { format } = archive.point;
      return await lookInside(await locate(archive), {
        dumps: [entryNameOf(archiveName, format, 'none'), entryNameOf(archiveName, format, 'zstd')],
        globals: globalsEntryNameOf(archiveName),
      });
    },
    copyDump: async (archive, sink, onProgress) => {
      const { dumpEntry: entryName, entryBytes, point } = archive;
      const expectedBytes = recordedBytes(point.rawSizeBytes, entryName, entryBytes);
      return await copyEntry({ ...(await locateDump(archive)), entryName }, point.format, sink, {
        onProgress,
        ...(expectedBytes === undefined ? {} : { expectedBytes }),
      });
    },
    readHead: async (archive) => await readHead(await locateDump(archive), archive.dumpEntry, ORIGIN_WITHIN_BYTES),
    readGlobals: async (archive) => {
      const { archiveName } = nameOf(archive.point);
      return await readText(await locate(archive), globalsEntryNameOf(archiveName), GLOBALS_LIMIT_BYTES);
    },
  };
}

/** Roles and settings of some 100,000 roles; what is larger was not made by pg_dumpall. */
const GLOBALS_LIMIT_BYTES = 64_000_000;

/** The name that an archive was made under; the server's may have changed since. */
function nameOf({ objectName }: RestorePoint) {
  const name = parseObjectName(objectName);
  if (name === undefined) throw new ConfigError(`${objectName} is not the name of an archive of pgbak's`);
  return name;
}

/** A temporary directory for a restore, of which several may run at once. */
export async function restoreDirectory(workplace: Workplace): Promise<TemporaryDirectory> {
  return await heldDirectory(workplace);
}

/** The password that a server's archives are opened with today. */
export function archivePasswordOf(server: ServerRecord, environment: Environment): Secret | undefined {
  const secret = server.archivePassword ?? environment.archivePassword;
  return secret === undefined ? undefined : resolveReference(secret, 'the archive password', environment.variable);
}

/** The password that a flag gives, or the one that it refers to. */
export function givenPassword(given: string, { variable }: Environment): Secret {
  return resolveReference(new Secret(given), 'the archive password', variable);
}

/**
 * The password to open an archive with: the one that was given, today's of the server, or one that a person types where
 * `-` was given. A `ConfigError` where nobody can type it.
 */
export async function passwordFor(
  server: ServerRecord,
  given: string | undefined,
  environment: Environment,
  isJson: boolean,
): Promise<Secret | undefined> {
  if (given === undefined) return archivePasswordOf(server, environment);
  if (given !== '-') return givenPassword(given, environment);
  if (!canAsk(isJson)) throw new ConfigError('nobody can be asked for the archive password here');
  const { password } = await import('@inquirer/prompts');
  const typed = await password({ message: 'Archive password', mask: true }, promptContext());
  if (typed === '')
    throw new ConfigError('no archive password was typed', 'Without one: leave --archive-password out.');
  return new Secret(typed);
}

/** A server that something is to be loaded into, and the client programs that fit it. */
export async function reach(connection: Connection, environment: Environment, signal: AbortSignal) {
  const forPrograms = programEnvironment(process.env);
  const found = await clientProgramsFor(environment, process.env, signal);
  const facts = await inspectServer(connection, found, forPrograms, signal);
  const programs = matchVersion(connection.label, facts.version, found);
  return { connection, facts, found, programs, forPrograms };
}
