import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { Storage } from '../storage/storage.ts';
import type { TemporaryDirectory } from '../system/temporary-directory.ts';
import type { RestorePoint } from './choose-point.ts';
import { fetchArchive } from './fetch-archive.ts';

export interface HandOverTools {
  signal: AbortSignal;
  storageOf: (point: RestorePoint, server: ServerRecord) => Promise<Storage>;
  createTemporaryDirectory: () => Promise<TemporaryDirectory>;
  copyDump: (archivePath: string, point: RestorePoint, password: Secret | undefined, sink: Writable) => Promise<number>;
}

/** Fetches an archive whole, compares it with what the catalogue remembers, and lets `use` copy its dump to a sink. */
export async function withDump<T>(
  server: ServerRecord,
  point: RestorePoint,
  password: Secret | undefined,
  tools: HandOverTools,
  use: (copyTo: (sink: Writable) => Promise<number>) => Promise<T>,
): Promise<T> {
  const storage = await tools.storageOf(point, server);
  await using directory = await tools.createTemporaryDirectory();
  const archivePath = join(directory.path, 'archive.7z');
  await fetchArchive(point, storage, archivePath, tools.signal, () => {});
  return await use((sink) => tools.copyDump(archivePath, point, password, sink));
}

/** Loads a dump, all of it or nothing, and returns its size in bytes. */
export async function load(loader: Loader, copyTo: (sink: Writable) => Promise<number>): Promise<number> {
  try {
    const dumpBytes = await copyTo(loader.input);
    await loader.commit();
    return dumpBytes;
  } catch (error) {
    // What it says of a dump that it refused tells more than that nobody read on.
    throw (await loader.abandon()) ?? error;
  }
}
