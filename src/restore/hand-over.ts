import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { Storage } from '../storage/storage.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import type { RestorePoint } from './choose-point.ts';
import type { RestoreEvent } from './events.ts';
import { fetchArchive } from './fetch-archive.ts';

/** An archive on the local disk, and the point whose it is. */
export interface FetchedArchive {
  path: string;
  point: RestorePoint;
  password: Secret | undefined;
}

export interface HandOverTools {
  signal: AbortSignal;
  report: (event: RestoreEvent) => void;
  storageOf: (point: RestorePoint, server: ServerRecord) => Promise<Storage>;
  createTemporaryDirectory: () => Promise<TemporaryDirectory>;
  copyDump: (archive: FetchedArchive, sink: Writable, onProgress: (copiedBytes: number) => void) => Promise<number>;
  /** Undefined where the archive holds none. */
  readGlobals: (archive: FetchedArchive) => Promise<Secret | undefined>;
}

/** What can be done with an archive that was fetched. */
export interface OpenArchive {
  /** Writes the dump to a sink, which stays open, and resolves with its size once it was seen to be whole. */
  copyTo: (sink: Writable) => Promise<number>;
  readGlobals: () => Promise<Secret | undefined>;
}

/** Fetches an archive whole, compares it with what the catalogue remembers, and lets `use` look into it. */
export async function withArchive<T>(
  server: ServerRecord,
  point: RestorePoint,
  password: Secret | undefined,
  tools: HandOverTools,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const { report, signal } = tools;
  const storage = await tools.storageOf(point, server);
  await using directory = await tools.createTemporaryDirectory();
  const archive = { path: join(directory.path, 'archive.7z'), point, password };
  const { sizeBytes, rawSizeBytes } = point;
  await fetchArchive(point, storage, archive.path, signal, (bytes) =>
    report({ type: 'fetched', bytes, ...(sizeBytes === undefined ? {} : { totalBytes: sizeBytes }) }),
  );
  return await use({
    copyTo: (sink) =>
      tools.copyDump(archive, sink, (bytes) =>
        report({ type: 'copied', bytes, ...(rawSizeBytes === undefined ? {} : { totalBytes: rawSizeBytes }) }),
      ),
    readGlobals: () => tools.readGlobals(archive),
  });
}

/** Loads a dump, all of it or nothing, and returns its size in bytes. */
export async function load(loader: Loader, { copyTo }: OpenArchive): Promise<number> {
  try {
    const dumpBytes = await copyTo(loader.input);
    await loader.commit();
    return dumpBytes;
  } catch (error) {
    // What it says of a dump that it refused tells more than that nobody read on.
    throw (await loader.abandon()) ?? error;
  }
}
