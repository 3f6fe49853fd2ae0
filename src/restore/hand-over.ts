import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { PartSum } from '../config/backup-record.ts';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { Storage } from '../storage/storage.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import type { RestorePoint } from './choose-point.ts';
import type { RestoreEvent } from './events.ts';
import { checkArchiveInPlace, fetchArchive } from './fetch-archive.ts';

/** An archive on the local disk, and the point whose it is. */
export interface FetchedArchive {
  path: string;
  point: RestorePoint;
  password: Secret | undefined;
  /** Resolves once it is certain that it is the very one that was stored. */
  checked: Promise<void>;
}

export interface HandOverTools {
  signal: AbortSignal;
  report: (event: RestoreEvent) => void;
  storageOf: (point: RestorePoint, server: ServerRecord) => Promise<Storage>;
  /** The SHA-1s of an archive's parts, where they were noted in place of its own. */
  partSumsOf: (backupId: number) => Promise<readonly PartSum[] | undefined>;
  createTemporaryDirectory: () => Promise<TemporaryDirectory>;
  /** Withholds the end of the dump until the archive was checked. */
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

const LOOK_AGAIN_WITHIN_MS = 5000;

/**
 * Fetches an archive, compares it with what the catalogue remembers, and lets `use` look into it. One that lies on this
 * machine is opened where it is while it is compared, and its end is withheld until it was.
 */
export async function withArchive<T>(
  server: ServerRecord,
  point: RestorePoint,
  password: Secret | undefined,
  tools: HandOverTools,
  use: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const { report, signal } = tools;
  const storage = await tools.storageOf(point, server);
  const { sizeBytes, rawSizeBytes } = point;
  const partSums = point.sha1 === undefined ? await tools.partSumsOf(point.backupId) : undefined;
  const access = (archive: FetchedArchive): OpenArchive => ({
    copyTo: (sink) =>
      tools.copyDump(archive, sink, (bytes) =>
        report({ type: 'copied', bytes, ...(rawSizeBytes === undefined ? {} : { totalBytes: rawSizeBytes }) }),
      ),
    readGlobals: async () => {
      await archive.checked;
      return await tools.readGlobals(archive);
    },
  });

  const localPath = storage.localPath?.({ id: point.objectId });
  if (localPath !== undefined) {
    await using stop = stopper(signal);
    const checked = checkArchiveInPlace({ point, partSums, storage, signal: stop.signal, onProgress: () => {} });
    checked.catch(() => {});
    stop.after(checked);
    try {
      return await use(access({ path: localPath, point, password, checked }));
    } catch (error) {
      // That it is another archive than it was says more than what 7-Zip makes of it.
      await Promise.race([checked, new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_WITHIN_MS).unref())]);
      throw error;
    }
  }
  await using directory = await tools.createTemporaryDirectory();
  const path = join(directory.path, 'archive.7z');
  const onProgress = (bytes: number) =>
    report({ type: 'fetched', bytes, ...(sizeBytes === undefined ? {} : { totalBytes: sizeBytes }) });
  await fetchArchive({ point, partSums, storage, signal, onProgress }, path);
  return await use(access({ path, point, password, checked: Promise.resolve() }));
}

/** Ends what still reads when nobody waits for it any more. */
function stopper(signal: AbortSignal) {
  const controller = new AbortController();
  let last: Promise<unknown> = Promise.resolve();
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    after: (work: Promise<unknown>) => {
      last = work;
    },
    [Symbol.asyncDispose]: async () => {
      controller.abort();
      await last.catch(() => {});
    },
  };
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
