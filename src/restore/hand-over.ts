import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ArchiveContents } from '../archive/look-inside.ts';
import type { PartSum } from '../core/backup-record.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import { PasswordError } from '../core/errors.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { Storage } from '../storage/storage.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import type { RestorePoint } from './choose-point.ts';
import { isKnown } from './compare-checksum.ts';
import type { RestoreEvent } from './events.ts';
import { fetchArchive } from './fetch-archive.ts';
import { knownSums } from './known-sums.ts';
import { nowhere } from './nowhere.ts';

/** A private copy of an archive that was proved to be the one of that point. */
export interface ProvenArchive {
  path: string;
  point: RestorePoint;
  password: Secret | undefined;
}

export interface HandOverTools {
  signal: AbortSignal;
  report: (event: RestoreEvent) => void;
  /** Take also an archive without encryption where there is a password. */
  allowsUnencrypted: boolean;
  storageOf: (point: RestorePoint, server: ServerRecord) => Promise<Storage>;
  /** The sums of an archive's parts, where they were noted in place of its own. */
  partSumsOf: (backupId: number) => Promise<readonly PartSum[] | undefined>;
  createTemporaryDirectory: () => Promise<TemporaryDirectory>;
  lookInside: (archive: ProvenArchive) => Promise<ArchiveContents>;
  copyDump: (
    archive: ProvenArchive & ArchiveContents,
    sink: Writable,
    onProgress: (copiedBytes: number) => void,
  ) => Promise<number>;
  readGlobals: (archive: ProvenArchive) => Promise<Secret>;
  /** The beginning of the dump. */
  readHead: (archive: ProvenArchive & ArchiveContents) => Promise<Buffer>;
}

/** What can be done with an archive that was proved. */
export interface OpenArchive {
  /** Writes the dump to a sink, which stays open, and resolves with its size once it was seen to be whole. */
  copyTo: (sink: Writable) => Promise<number>;
  /** Undefined where the archive holds none. */
  readGlobals: () => Promise<Secret | undefined>;
  /** The beginning of the dump. */
  readHead: () => Promise<Buffer>;
}

/**
 * Brings an archive to a private place, proves there that all of it is what was stored, and only then lets `use` look
 * into it. What is opened are the very bytes that were proved, even if the stored ones change meanwhile.
 *
 * @throws StorageError, ProgramError, ArchiveError as `fetchArchive` does; PasswordError when it does not open with the
 *   password, or is not encrypted though there is one
 */
export async function withArchive<T>(
  server: ServerRecord,
  point: RestorePoint,
  password: Secret | undefined,
  tools: HandOverTools,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const { report, signal } = tools;
  const { sizeBytes, rawSizeBytes, objectName } = point;
  const say = (message: string) => report({ type: 'step', message });
  const warn = (message: string) => report({ type: 'warning', message });
  const storage = await tools.storageOf(point, server);
  const isWhole = point.sha1 !== undefined || point.sha256 !== undefined;
  const partSums = isWhole ? undefined : await tools.partSumsOf(point.backupId);
  const { noted, doubt } = await knownSums(point, partSums, password);

  await using directory = await tools.createTemporaryDirectory();
  const path = join(directory.path, 'archive.7z');
  const onProgress = (bytes: number) => report({ type: 'fetched', bytes, ...total(sizeBytes) });
  await fetchArchive({ point, noted, storage, signal, onProgress, say, warn }, path);

  const archive = { path, point, password };
  const contents = await tools.lookInside(archive);
  if (password !== undefined && !contents.isEncrypted && !tools.allowsUnencrypted) {
    throw new PasswordError(
      `${objectName} in ${storage.place} is not encrypted, though there is an archive password: somebody else may have put it there`,
      'If you know that it was made without a password: --allow-unencrypted',
    );
  }
  const open: OpenArchive = {
    copyTo: (sink) =>
      tools.copyDump({ ...archive, ...contents }, sink, (bytes) =>
        report({ type: 'copied', bytes, ...total(rawSizeBytes) }),
      ),
    readGlobals: async () => (contents.hasGlobals ? await tools.readGlobals(archive) : undefined),
    readHead: () => tools.readHead({ ...archive, ...contents }),
  };
  if (doubt !== undefined) {
    const which = `${objectName} in ${storage.place}, made ${point.startedAt.toISOString()}`;
    warn(`whether ${which}, is the archive that was stored cannot be told: ${doubt}`);
  }
  if (!isKnown(noted)) {
    // At least 7-Zip's own checksums tell damage.
    say('reading it to its end');
    await open.copyTo(nowhere());
  }
  return await use(open);
}

function total(bytes: number | undefined): { totalBytes?: number } {
  return bytes === undefined ? {} : { totalBytes: bytes };
}

/** Loads a dump, all of it or nothing, and returns its size in bytes. */
export async function load(loader: Loader, { copyTo }: OpenArchive): Promise<number> {
  try {
    const dumpBytes = await copyTo(loader.input);
    await loader.commit();
    return dumpBytes;
  } catch (error) {
    // What it says of a dump that it refused tells more than its broken pipe.
    throw (await loader.abandon()) ?? error;
  }
}
