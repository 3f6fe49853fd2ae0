import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Secret } from '../config/secret.ts';
import type { PgbakError } from '../errors.ts';
import { reasonOf } from '../system/clock.ts';
import { startProgram, type Command, type Ending } from '../system/programs.ts';
import { addCommand, archiveStream, type ArchiveTarget } from './archive-stream.ts';
import { checkArchive } from './check-archive.ts';
import { judgeEndings } from './judge-endings.ts';
import { answerPasswordPrompt, keepFlowing } from './password-prompt.ts';
import { watchLimits, type Limits } from './watch-limits.ts';

export interface WriteArchiveRequest extends ArchiveTarget {
  /** The program whose output is archived. */
  source: Command;
  /** What the source's failure means. */
  explainSource: (ending: Ending) => PgbakError;
  /** The name of the entry: `shop.sql`. */
  entryName: string;
  /** A small entry beside it, written first. */
  companion?: Companion;
  /** How the entry must begin, so that something else than a dump is never taken for one. */
  expectedStart: string;
  limits: Limits;
  onProgress?: (progress: { archiveBytes: number }) => void;
  /** Each line of the source's stderr, secrets hidden. */
  onSourceLine?: (line: string) => void;
}

export interface Companion {
  entryName: string;
  content: Secret;
}

export interface WrittenArchive {
  sizeBytes: number;
  /** The size of what was archived. */
  rawSizeBytes: number;
}

/**
 * Archives a program's output, where nothing may be yet: the source writes into 7-Zip's standard input, process to process, and no byte of it
 * passes through Node. The archive counts only when both programs exited 0 and its entry, read back, begins as
 * expected. Otherwise whatever was written is removed, both programs have ended, and the promise rejects: with a
 * `TimeLimitError` that names the limit, the signal's reason, or the explanation of whichever program failed first.
 */
export async function writeArchive(request: WriteArchiveRequest): Promise<WrittenArchive> {
  try {
    // First, so that 7-Zip only has to copy what is small when it adds the dump.
    if (request.companion !== undefined) {
      const { entryName, content } = request.companion;
      await archiveStream(request, entryName, Readable.from([content.reveal()], { objectMode: false }));
    }
    await pump(request);
    const otherEntries = request.companion === undefined ? [] : [request.companion.entryName];
    const { rawSizeBytes } = await checkArchive({ ...request, otherEntries });
    const { size: sizeBytes } = await stat(request.archivePath);
    return { sizeBytes, rawSizeBytes };
  } catch (error) {
    await rm(request.archivePath, { force: true });
    throw error;
  }
}

async function pump(request: WriteArchiveRequest): Promise<void> {
  const { source, explainSource, password, companion, onSourceLine } = request;
  using watch = watchLimits(request.archivePath, request.limits, request.signal, request.onProgress);
  const { signal } = watch;
  const sevenZip = startProgram(addCommand(request, request.entryName), {
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

    const dump = startProgram(source, {
      stdout: stdin,
      signal,
      ...(onSourceLine === undefined ? {} : { onStderrLine: onSourceLine }),
    });
    // The source holds the pipe now. With our end open as well, 7-Zip would never see the end of the dump.
    stdin.destroy();
    // A source that waits for the database would not notice that nobody reads any more.
    const stopSource = sevenZip.ended.then(() => dump.stop());
    const endings = await Promise.all([dump.ended, sevenZip.ended]);
    await stopSource;
    const failure = judgeEndings(...endings, explainSource);
    if (failure !== undefined) throw await afterOurOwnSignal(failure, signal);
  } catch (error) {
    await sevenZip.stop();
    if (signal.aborted) throw reasonOf(signal);
    throw error;
  }
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
