import { readdir, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ArchiveError, errorCode, ProgramError } from '../core/errors.ts';
import { editCommand } from '../core/server-hint.ts';
import { reasonOf } from '../system/clock.ts';
import { startProgram, type Ending } from '../system/programs.ts';
import { addDirectoryCommand } from './archive-stream.ts';
import { TOC_FILE } from './extract-files.ts';
import { listArchive, MOST_FILES } from './list-archive.ts';
import { enterPassword } from './password-prompt.ts';
import { readHead } from './read-entry.ts';
import { writeFailure } from './seven-zip-failure.ts';
import { sizeOf, watchLimits } from './watch-limits.ts';
import { packed, type WriteArchiveRequest, type WrittenArchive } from './write-archive.ts';

interface WriteDirectoryRequest extends Omit<WriteArchiveRequest, 'zstd' | 'entryName'> {
  /** The directory that the source makes and fills. Its name is that of the entry. */
  directoryPath: string;
}

/** A dump is ended before it takes the last of the temporary disk, which others need as well. */
const LEAST_FREE_BYTES = 64_000_000;

/**
 * Archives a directory that a program makes, at `archivePath`, where no file may be yet. 7-Zip begins when the program has
 * ended. The archive counts only when both exited 0 and the archive lists what the directory holds. The directory is
 * removed in any case, and the archive where this rejects.
 *
 * @throws as `writeArchive` does, and a ProgramError where the temporary disk is nearly full
 */
export async function writeDirectoryArchive(request: WriteDirectoryRequest): Promise<WrittenArchive> {
  try {
    return await packed(
      request,
      async (basePath) => await fillAndPack(request, basePath),
      async () => await checkArchive(request),
    );
  } finally {
    await rm(request.directoryPath, { recursive: true, force: true });
  }
}

async function fillAndPack(request: WriteDirectoryRequest, basePath: string | undefined): Promise<void> {
  const { archivePath, directoryPath, source, explainSource, onSourceLine, onStarted, password } = request;
  const full = new AbortController();
  const outer = AbortSignal.any([request.signal, full.signal]);
  const measure = async () => {
    if (!full.signal.aborted && (await isNearlyFull(archivePath))) full.abort(nearlyFull());
    return (await sizeOf(archivePath)) + (await directoryBytes(directoryPath).catch(() => 0));
  };
  using watch = watchLimits(measure, request.limits, outer, request.onProgress);
  const { signal } = watch;
  const dump = startProgram(source, {
    signal,
    ...(onSourceLine === undefined ? {} : { onStderrLine: onSourceLine }),
  });
  const dumped = await dump.ended;
  if (signal.aborted) throw reasonOf(signal);
  if (dumped.exitCode !== 0) throw sourceFailure(dumped, explainSource);
  const { size: count } = await filesIn(directoryPath);
  if (count > MOST_FILES) throw tooManyFiles(count);

  const sevenZip = startProgram(addDirectoryCommand(request, directoryPath, basePath), {
    stdin: 'pipe',
    stdout: 'pipe',
    signal,
    onStderrLine: (line) => watch.progressed(line),
  });
  try {
    const stdin = await enterPassword(sevenZip, password, basePath === undefined ? 1 : 2);
    stdin.end();
    onStarted?.({
      hold: (isHeld) => {
        const isPaused = sevenZip.hold(isHeld);
        watch.hold(isPaused);
        return isPaused;
      },
    });
    const ending = await sevenZip.ended;
    if (signal.aborted) throw reasonOf(signal);
    const failure = writeFailure(ending);
    if (failure !== undefined) throw failure;
  } catch (error) {
    await sevenZip.stop();
    if (signal.aborted) throw reasonOf(signal);
    throw error;
  }
}

function sourceFailure(ending: Ending, explain: WriteDirectoryRequest['explainSource']) {
  return /No space left on device|Disk quota exceeded/.test(ending.rawStderr.reveal()) ? nearlyFull() : explain(ending);
}

function nearlyFull(): ProgramError {
  return new ProgramError(
    'the temporary directory is full: there is no room for the directory that pg_dump writes',
    'Nothing was stored. Free some space there (PGBAK_TMPDIR, else TMPDIR or /tmp), set PGBAK_TMPDIR to a directory on a larger file system, or choose --format binary, which needs no such room.',
  );
}

function tooManyFiles(count: number): ProgramError {
  return new ProgramError(
    `pg_dump wrote ${count} files, one for each table and each large object: more than the ${MOST_FILES} that pgbak puts into an archive`,
    `Nothing was stored. Dump into one file: ${editCommand('--format binary')}`,
  );
}

async function isNearlyFull(archivePath: string): Promise<boolean> {
  // Where the directory is gone, the program that writes into it says so.
  const { blocks, bavail, bsize } = await statfs(dirname(archivePath)).catch(() => ({
    blocks: 0,
    bavail: 0,
    bsize: 0,
  }));
  // A tmpfs without a limit reports 0 blocks.
  return blocks > 0 && bavail * bsize < LEAST_FREE_BYTES;
}

/** The files in a directory, by name, and their sizes in bytes. A directory that is not there yet has none. */
async function filesIn(path: string): Promise<Map<string, number>> {
  const names = await readdir(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  return new Map(await Promise.all(names.map(async (name) => [name, await sizeOf(join(path, name))] as const)));
}

async function directoryBytes(path: string): Promise<number> {
  return [...(await filesIn(path)).values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Proves that the archive opens with its password and lists each file of the dump. Returns the size of the dump in bytes. */
async function checkArchive(request: WriteDirectoryRequest): Promise<number> {
  const { directoryPath, companion, expectedStart } = request;
  const name = basename(directoryPath);
  const reads = [
    listArchive(request, MOST_FILES),
    readHead(request, `${name}/${TOC_FILE}`, expectedStart.length),
  ] as const;
  // Let both programs end, even when the first fails.
  await Promise.allSettled(reads);
  const [entries, start] = await Promise.all(reads);
  const files = await filesIn(directoryPath);
  const wanted = new Map([...files].map(([file, bytes]) => [`${name}/${file}`, bytes]));
  const found = entries.filter(({ path }) => path !== name && path !== companion?.entryName);
  const differs = found.find(({ path, sizeBytes }) => wanted.get(path) !== sizeBytes);
  const hasCompanion = companion === undefined || entries.some(({ path }) => path === companion.entryName);
  if (differs !== undefined || found.length !== wanted.size || !hasCompanion) {
    throw new ArchiveError(
      `the new archive does not hold the ${wanted.size} files that pg_dump wrote`,
      'Nothing was stored. Run again.',
    );
  }
  if (start.toString('latin1') !== expectedStart) {
    throw new ArchiveError(
      `${name} in the new archive does not begin like a dump`,
      'Nothing was stored. Run again; if it happens again, check that PGBAK_PG_BIN names a real pg_dump.',
    );
  }
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}
