import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ArchiveError, archiveIsGone, type PgbakError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { reasonOf } from '../system/clock.ts';
import { bytesOf } from '../system/lossless-text.ts';
import { type Command, type Ending, type RunningProgram, startProgram } from '../system/programs.ts';
import { addCommand, archiveStream, type ArchiveTarget } from './archive-stream.ts';
import { judgeEndings } from './judge-endings.ts';
import { type ArchiveLocation, listArchive } from './list-archive.ts';
import { answerPasswordPrompt, keepFlowing } from './password-prompt.ts';
import { readHead } from './read-entry.ts';
import { type Limits, type LimitWatch, watchLimits } from './watch-limits.ts';
import { compressedBytes, type Zstd } from './zstd.ts';

export interface WriteArchiveRequest extends ArchiveTarget {
  /** The program whose output is archived. */
  source: Command;
  /** What the source's failure means. */
  explainSource: (ending: Ending) => PgbakError;
  /** The name of the entry: `shop.sql`. */
  entryName: string;
  /** What compresses the source's output before 7-Zip gets it, where that is not for 7-Zip to do. */
  zstd?: Zstd;
  /** A small entry beside it, written first. */
  companion?: Companion;
  /** How the entry must begin, so that something else than a dump is never taken for one. */
  expectedStart: string;
  limits: Limits;
  onProgress?: (progress: { archiveBytes: number }) => void;
  /** Each line of the source's stderr, secrets hidden. */
  onSourceLine?: (line: string) => void;
  /** Told the size once the last byte of the archive is written, before it is judged whether it is a good one. */
  onWritten?: (sizeBytes: number) => void;
  /** Told why nothing comes of it, before what was written is removed. */
  onFailed?: (reason: unknown) => void;
  /** Called with what holds the writing back, or lets it go on, and tells whether it stands still; until it has ended. */
  onStarted?: (hold: (isHeld: boolean) => boolean) => void;
}

export interface Companion {
  entryName: string;
  /** Turned into bytes by `bytesOf`. */
  content: Secret;
}

export interface WrittenArchive {
  sizeBytes: number;
  /** The size of what was archived. */
  rawSizeBytes: number;
}

/**
 * Archives a program's output, where nothing may be yet: the source writes into 7-Zip's standard input (or zstd's, and
 * that into 7-Zip's), process to process, and no byte of it passes through Node. The archive counts only when all of them
 * exited 0 and its entry, read back, begins as expected. Otherwise what was written is removed, all programs have
 * ended, and the promise rejects: with a `TimeLimitError` that names the limit, the signal's reason, or the explanation of the program that failed first.
 */
export async function writeArchive(request: WriteArchiveRequest): Promise<WrittenArchive> {
  try {
    // First, so that 7-Zip only has to copy what is small when it adds the dump.
    if (request.companion !== undefined) {
      const { entryName, content } = request.companion;
      const target = { ...request, archivePath: companionPathOf(request) };
      await archiveStream(target, entryName, Readable.from([bytesOf(content.reveal())], { objectMode: false }));
    }
    const compressed = await pump(request);
    const { size: sizeBytes } = await stat(request.archivePath);
    request.onWritten?.(sizeBytes);
    const otherEntries = request.companion === undefined ? [] : [request.companion.entryName];
    const checked = await checkArchive({ ...request, otherEntries });
    return { sizeBytes, rawSizeBytes: compressed ?? checked.rawSizeBytes };
  } catch (error) {
    request.onFailed?.(error);
    await rm(request.archivePath, { force: true });
    throw archiveIsGone(error, request.archivePath) ?? error;
  } finally {
    await rm(companionPathOf(request), { force: true });
  }
}

/** An archive of the companion alone, with which 7-Zip begins that of both. */
function companionPathOf({ archivePath }: WriteArchiveRequest): string {
  return `${archivePath}.companion`;
}

/** Returns how much zstd has compressed, where it did. */
async function pump(request: WriteArchiveRequest): Promise<number | undefined> {
  const { source, explainSource, password, companion, zstd, compression, onSourceLine, onStarted } = request;
  using watch = watchLimits(request.archivePath, request.limits, request.signal, request.onProgress);
  const { signal } = watch;
  const base = companion === undefined ? undefined : companionPathOf(request);
  const sevenZip = startProgram(addCommand(request, request.entryName, base), {
    stdin: 'pipe',
    stdout: 'pipe',
    signal,
    onStderrLine: (line) => watch.progressed(line),
  });
  try {
    const { stdin, stdout } = sevenZip;
    if (stdin === undefined || stdout === undefined) {
      await sevenZip.ended;
      throw new Error('7-Zip was started without pipes');
    }
    if (password === undefined) keepFlowing(stdout);
    else await answerPasswordPrompt(sevenZip, password, companion === undefined ? 1 : 2);

    const filter =
      zstd === undefined || compression.method !== 'zstd'
        ? undefined
        : startProgram(zstd.compress(compression.level), { stdin: 'pipe', stdout: stdin, signal });
    const dump = startProgram(source, {
      stdout: filter?.stdin ?? stdin,
      signal,
      ...(onSourceLine === undefined ? {} : { onStderrLine: onSourceLine }),
    });
    // The programs hold the pipes now. With our ends open as well, 7-Zip would never see the end of the dump.
    stdin.destroy();
    filter?.stdin?.destroy();
    const stopSource = stopBehind(sevenZip, filter === undefined ? [dump] : [dump, filter]);
    const stopDump = filter === undefined ? undefined : stopBehind(filter, [dump]);
    letItBeHeld(onStarted, { dump, sevenZip, watch });
    const endings = await Promise.all([dump.ended, sevenZip.ended, filter?.ended]);
    await Promise.all([stopSource, stopDump]);
    const failure = judgeEndings(...endings, explainSource);
    if (failure !== undefined) throw await afterOurOwnSignal(failure, signal);
    return endings[2] === undefined ? undefined : compressedBytes(endings[2].stderrTail);
  } catch (error) {
    await sevenZip.stop();
    if (signal.aborted) throw reasonOf(signal);
    throw error;
  }
}

/** Held back is 7-Zip, behind which the others soon wait. A dump that fails meanwhile is to be heard of at once. */
function letItBeHeld(
  onStarted: WriteArchiveRequest['onStarted'],
  { dump, sevenZip, watch }: { dump: RunningProgram; sevenZip: RunningProgram; watch: LimitWatch },
): void {
  let isOver = false;
  const hold = (isHeld: boolean): boolean => {
    const standsStill = !isOver && sevenZip.hold(isHeld);
    watch.hold(standsStill);
    return standsStill;
  };
  const letGo = () => {
    hold(false);
    isOver = true;
  };
  dump.ended.then(({ exitCode }) => (exitCode === 0 ? undefined : letGo()), letGo);
  sevenZip.ended.then(letGo, letGo);
  onStarted?.(hold);
}

const LAST_STEPS_WITHIN_MS = 5000;

/**
 * Ends the programs before a reader (7-Zip, zstd) once that has ended: a source that waits for the database would not notice
 * that no program reads any more. A program lets go of its output a moment before it ends, though, so that behind a reader
 * that ended well each gets the time to end by itself.
 */
async function stopBehind(reader: RunningProgram, programs: readonly RunningProgram[]): Promise<void> {
  const { exitCode } = await reader.ended;
  if (exitCode === 0) {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, LAST_STEPS_WITHIN_MS)));
    await Promise.race([Promise.allSettled(programs.map(({ ended }) => ended)), patience]);
    clearTimeout(timer);
  }
  await Promise.all(programs.map((program) => program.stop()));
}

const OWN_SIGNAL_WITHIN_MS = 250;

/**
 * A terminal's Ctrl-C and systemd's SIGTERM reach the children as well, and their end may be seen before our own
 * signal is. It then was no failure of theirs.
 */
async function afterOurOwnSignal(failure: Error, signal: AbortSignal): Promise<Error> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OWN_SIGNAL_WITHIN_MS);
      signal.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true });
    });
  }
  return signal.aborted ? reasonOf(signal) : failure;
}

export interface ExpectedArchive extends ArchiveLocation {
  /** The dump. */
  entryName: string;
  /** How it must begin. */
  expectedStart: string;
  /** What else it holds. */
  otherEntries: readonly string[];
}

/**
 * Proves that an archive opens with its password, holds what it should and nothing else, and that the dump in it
 * begins as one does. Throws an `ArchiveError` otherwise.
 */
export async function checkArchive(expected: ExpectedArchive): Promise<{ rawSizeBytes: number }> {
  const looks = [
    listArchive(expected),
    readHead(expected, expected.entryName, Buffer.byteLength(expected.expectedStart)),
  ] as const;
  // Neither program is to outlive the other's failure.
  await Promise.allSettled(looks);
  const [entries, start] = await Promise.all(looks);
  const entry = entries.find(({ path }) => path === expected.entryName);
  const wanted = [...expected.otherEntries, expected.entryName].toSorted().join(', ');
  const found = entries.map(({ path }) => path).toSorted();
  if (entry === undefined || found.join(', ') !== wanted) {
    throw new ArchiveError(`the archive should hold ${wanted} and holds ${found.join(', ') || 'nothing'}`);
  }
  if (start.toString('latin1') !== expected.expectedStart) {
    throw new ArchiveError(
      `what was archived as ${expected.entryName} does not begin as a dump does`,
      'Nothing was stored. Run again; if it happens again, look whether PGBAK_PG_BIN names a real pg_dump.',
    );
  }
  return { rawSizeBytes: entry.sizeBytes };
}
