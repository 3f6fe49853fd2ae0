import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync, statSync } from 'node:fs';
import { access, open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CATALOG_FACT, type ArchiveStream, type PutOptions, type Storage } from '../storage.ts';
import { archiveIsGone, errorCode, StorageError } from '../../core/errors.ts';
import { formatBytes } from '../../core/format.ts';
import { checkDirectory, type DirectoryUse } from './mark.ts';
import { printPlace, type PlaceMemory } from '../place.ts';
import {
  bytesOf,
  checkIsOwnFile,
  cloneFile,
  directoryError,
  MORE_SPACE,
  openRegularFile,
  READ_BYTES,
  removeFile,
} from './files.ts';
import { SIDECAR, type Sidecar } from '../sidecar-text.ts';
import { partialNameOf, versionNameOf } from '../version-names.ts';
import { findVersion, listVersions, partialsOf, sweepSidecars } from './versions.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { publishFile, syncDirectory } from '../../system/publish-file.ts';
import type { RateLimit } from '../streaming/rate-limit.ts';
import { readSidecar, writeSidecar } from './sidecar.ts';

export interface DirectoryOptions {
  /** Absolute. */
  directory: string;
  /** The catalogue's id: marks unfinished files as its own. */
  owner: string;
  /** Without it any directory will do, and a missing one is created. */
  memory?: PlaceMemory;
  /** The most that all copies to it write together. */
  rate?: RateLimit | undefined;
}

/**
 * Archives in a directory, a file for each version: `shop.20261123T101500Z.sql.7z`, mode 0600. A file gets its name only
 * when it is complete on the disk, and never replaces another.
 */
export function openDirectoryStorage({ directory, owner, memory, rate }: DirectoryOptions): Storage {
  const look = async (use: DirectoryUse) => {
    if (memory !== undefined) await checkDirectory(directory, memory, use);
  };
  const pathOf = (relative: string) => join(directory, relative);

  const putStream = async (name: string, stream: ArchiveStream, options: PutOptions) => {
    await look('store');
    const partial = pathOf(partialNameOf(name, owner));
    try {
      makeDirectory(dirname(partial), 0o700);
      const sums = await copy(stream, partial, { ...options, rate });
      const note = await options.noteSum?.(sums.sha256);
      const path = await publishFile(partial, (attempt) => pathOf(versionNameOf(name, options.startedAt, attempt)));
      const info = { ...options.info, [CATALOG_FACT]: owner };
      if (note !== undefined) await noteBeside(path, pathOf(partialNameOf(name, owner)), { note, info });
      await syncDirectory(dirname(path));
      // The next backup sweeps what this one cannot.
      for (const one of await sweepSidecars(directory, name, owner).catch(() => [])) options.onTrouble?.(one);
      return { name, id: path, sizeBytes: stream.sizeBytes, ...sums, storedAt: options.startedAt };
    } catch (error) {
      options.signal.throwIfAborted();
      throw await notStored(directory, partial, stream, error);
    } finally {
      await discard(partial);
    }
  };

  return {
    place: printPlace({ kind: 'directory', path: directory }),

    prepare: async (name) => {
      await look('store');
      const probe = pathOf(partialNameOf(name, owner));
      try {
        makeDirectory(dirname(probe), 0o700);
        await (await open(probe, 'wx', 0o600)).close();
      } catch (error) {
        throw directoryError(`write to the directory ${directory}`, error);
      } finally {
        await discard(probe);
      }
    },

    check: async (name) => {
      await look('look');
      // A missing directory will be created in the nearest one above it.
      let above = dirname(pathOf(name));
      while (!existsSync(above) && above !== dirname(above)) above = dirname(above);
      try {
        if (!statSync(above).isDirectory()) throw Object.assign(new Error(above), { code: 'ENOTDIR' });
        await access(above, constants.W_OK | constants.X_OK);
      } catch (error) {
        throw directoryError(`write to the directory ${directory}`, error);
      }
    },

    put: async (name, { path, sizeBytes }, options) =>
      await putStream(name, { bytes: bytesAt(path), sizeBytes }, options),

    putStream,

    get: async ({ id }) => {
      const unreadable = (error: unknown) => directoryError(`read ${id}`, error);
      try {
        const file = await openRegularFile(id);
        return Readable.from(bytesOf(file, unreadable), { objectMode: false, highWaterMark: READ_BYTES });
      } catch (error) {
        // A directory that is gone says more than its file.
        if (errorCode(error) === 'ENOENT') await look('read');
        throw unreadable(error);
      }
    },

    clone: async ({ id }, path) => {
      try {
        await using file = await openRegularFile(id);
        return await cloneFile(file, id, path);
      } catch (error) {
        if (errorCode(error) === 'ENOENT') await look('read');
        throw directoryError(`read ${id}`, error);
      }
    },

    sumNoteOf: async ({ id }) => (await readSidecar(id))?.note,

    list: async function* (prefix) {
      await look('read');
      yield* listVersions(directory, prefix);
    },

    find: async ({ id }) => {
      await look('read');
      return await findVersion(directory, id);
    },

    remove: async ({ id }) => {
      await look('read');
      try {
        await checkIsOwnFile(directory, id);
        // The archive first: one that cannot be removed keeps its facts. What a kill leaves of the two, the next backup sweeps.
        await removeFile(id);
        await removeFile(`${id}${SIDECAR}`);
        await syncDirectory(dirname(id));
      } catch (error) {
        throw directoryError(`remove ${id}`, error);
      }
    },

    sweep: async (name) => {
      const swept: string[] = [];
      for (const path of await partialsOf(directory, name, owner)) {
        await rm(path, { force: true });
        swept.push(`removed the unfinished file ${path}`);
      }
      return swept;
    },
  };
}

/** Opened when it is read. */
async function* bytesAt(path: string): AsyncGenerator<Buffer> {
  try {
    const bytes: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: READ_BYTES });
    yield* bytes;
  } catch (error) {
    throw archiveIsGone(error, path) ?? error;
  }
}

/** Says why nothing was stored. Of a full disk, with the numbers that tell how much must go. */
async function notStored(
  directory: string,
  partial: string,
  { sizeBytes }: ArchiveStream,
  error: unknown,
): Promise<Error> {
  const failure = directoryError(`store the archive in the directory ${directory}`, error);
  if (errorCode(error) !== 'ENOSPC') return failure;
  // Its own beginning takes up room until it is removed.
  await discard(partial);
  const free = await statfs(directory).catch(() => undefined);
  if (free === undefined) return failure;
  const sizes = `the archive has ${formatBytes(sizeBytes)}, ${formatBytes(free.bavail * free.bsize)} are free`;
  return new StorageError(`not enough space in ${directory}: ${sizes}`, `Nothing was stored. ${MORE_SPACE}`);
}

/** Ignores failures: where the directory cannot be written to, the file was never made. */
async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}

/** Writes the sidecar, or removes the archive: neither stays without the other. */
async function noteBeside(path: string, partial: string, note: Sidecar): Promise<void> {
  try {
    await writeSidecar(path, partial, note);
  } catch (error) {
    await discard(path);
    throw error;
  }
}

/** Copies the archive, flushes it to the disk, and returns its sums. */
async function copy(
  { bytes, sizeBytes }: ArchiveStream,
  path: string,
  { signal, onProgress, rate }: PutOptions & { rate: RateLimit | undefined },
) {
  await using target = await open(path, 'wx', 0o600);
  const sha1 = createHash('sha1');
  const sha256 = createHash('sha256');
  let copiedBytes = 0;
  await pipeline(
    bytes,
    async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) {
        sha1.update(chunk);
        sha256.update(chunk);
        await rate?.take(chunk.length, signal);
        await writeAll(target, chunk);
        copiedBytes += chunk.length;
        onProgress?.(copiedBytes);
      }
    },
    { signal },
  );
  if (copiedBytes !== sizeBytes) {
    throw new StorageError(
      `the archive changed while it was stored: ${copiedBytes} instead of ${sizeBytes} bytes`,
      'Nothing was stored. Run again: pgbak run --force',
    );
  }
  await target.sync();
  return { sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
}

/** A single write may take fewer bytes than it was given. */
async function writeAll(target: FileHandle, chunk: Buffer): Promise<void> {
  for (let offset = 0; offset < chunk.length;) {
    offset += (await target.write(chunk, offset)).bytesWritten;
  }
}
