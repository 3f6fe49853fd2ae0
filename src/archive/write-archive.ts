import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { archiveIsGone, ArchiveError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { bytesOf } from '../system/program-output.ts';
import { archiveStream } from './archive-stream.ts';
import { runPipeline, type PipelineRequest } from './dump-pipeline.ts';
import { listArchive } from './list-archive.ts';
import { readHead } from './read-entry.ts';

export interface WriteArchiveRequest extends PipelineRequest {
  /** A small entry beside the dump, written first. */
  companion?: {
    entryName: string;
    /** Turned into bytes by `bytesOf`. */
    content: Secret;
  };
  /** How the dump must begin, so that nothing else is ever taken for one. */
  expectedStart: string;
  /** Called with the size in bytes once the archive is written, before it is checked. */
  onWritten?: (sizeBytes: number) => void;
  /** Called with the reason of a failure, before the file is removed. */
  onFailed?: (reason: unknown) => void;
}

export interface WrittenArchive {
  sizeBytes: number;
  /** The size of the dump. */
  rawSizeBytes: number;
}

/**
 * Archives a program's output at `archivePath`, where no file may be yet. The archive counts only when every program exited 0
 * and the dump, read back, begins as expected. Otherwise all programs have ended and the file is removed before this rejects.
 *
 * @throws TimeLimitError that names the limit, the signal's reason, ArchiveError when the archive does not hold what it
 *   should, or the explanation of the program that failed first
 */
export async function writeArchive(request: WriteArchiveRequest): Promise<WrittenArchive> {
  return await packed(
    request,
    async (basePath) => await runPipeline(request, basePath),
    async (dumpBytes) => {
      const entryBytes = await checkArchive(request);
      return dumpBytes ?? entryBytes;
    },
  );
}

/**
 * Packs an archive on top of its companion, checks it, and leaves no file where one of both fails.
 *
 * @param pack writes the archive, to which the one at `basePath` belongs
 * @param check returns the size of the dump in bytes
 */
export async function packed<Packed>(
  request: Omit<WriteArchiveRequest, 'zstd' | 'entryName'>,
  pack: (basePath: string | undefined) => Promise<Packed>,
  check: (result: Packed) => Promise<number>,
): Promise<WrittenArchive> {
  const { archivePath, companion, onWritten, onFailed } = request;
  const companionPath = `${archivePath}.companion`;
  try {
    if (companion !== undefined) {
      const content = Readable.from([bytesOf(companion.content.reveal())], { objectMode: false });
      await archiveStream({ ...request, archivePath: companionPath }, companion.entryName, content);
    }
    const result = await pack(companion === undefined ? undefined : companionPath);
    const { size: sizeBytes } = await stat(archivePath);
    onWritten?.(sizeBytes);
    return { sizeBytes, rawSizeBytes: await check(result) };
  } catch (error) {
    onFailed?.(error);
    await rm(archivePath, { force: true });
    throw archiveIsGone(error, archivePath) ?? error;
  } finally {
    await rm(companionPath, { force: true });
  }
}

/**
 * Proves that the archive opens with its password, holds what it should and nothing else, and that its dump begins as a
 * dump does. Returns the size of the dump's entry in bytes.
 */
async function checkArchive(request: WriteArchiveRequest): Promise<number> {
  const { entryName, companion, expectedStart } = request;
  const reads = [listArchive(request), readHead(request, entryName, Buffer.byteLength(expectedStart))] as const;
  // Let both programs end, even when the first fails.
  await Promise.allSettled(reads);
  const [entries, start] = await Promise.all(reads);
  const entry = entries.find(({ path }) => path === entryName);
  const wanted = (companion === undefined ? [entryName] : [companion.entryName, entryName]).toSorted().join(', ');
  const found = entries.map(({ path }) => path).toSorted();
  if (entry === undefined || found.join(', ') !== wanted) {
    throw new ArchiveError(
      `the new archive holds ${found.join(', ') || 'nothing'} instead of ${wanted}`,
      'Nothing was stored. Run again.',
    );
  }
  if (start.toString('latin1') !== expectedStart) {
    throw new ArchiveError(
      `${entryName} in the new archive does not begin like a dump`,
      'Nothing was stored. Run again; if it happens again, check that PGBAK_PG_BIN names a real pg_dump.',
    );
  }
  return entry.sizeBytes;
}
