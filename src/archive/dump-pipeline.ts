import type { PgbakError } from '../core/errors.ts';
import { reasonOf } from '../system/clock.ts';
import type { Pausable } from '../system/pausable.ts';
import { startProgram, type Command, type Ending, type RunningProgram } from '../system/programs.ts';
import { addCommand, type ArchiveTarget } from './archive-stream.ts';
import { judgeEndings, unlessInterrupted } from './judge-endings.ts';
import { enterPassword } from './password-prompt.ts';
import { sizeOf, watchLimits, type ArchiveProgress, type Limits, type LimitWatch } from './watch-limits.ts';
import { compressedBytes, type Zstd } from './zstd.ts';

export interface PipelineRequest extends ArchiveTarget {
  /** The program. Its output goes into the archive. */
  source: Command;
  /** Turns the source's failure into an error. */
  explainSource: (ending: Ending) => PgbakError;
  /** The name of the entry: `shop.sql`. */
  entryName: string;
  /** Compresses the source's output before 7-Zip gets it, where `compression` is zstd. */
  zstd?: Zstd;
  limits: Limits;
  onProgress?: (progress: ArchiveProgress) => void;
  /** Each line of the source's stderr, secrets hidden. */
  onSourceLine?: (line: string) => void;
  /** Gets the writer, which can be paused until the pipeline has ended. */
  onStarted?: (writer: Pausable) => void;
}

/**
 * Pipes the source into 7-Zip, or into zstd and that into 7-Zip. The programs hold the pipes: no byte passes through Node.
 * All of them have ended when the promise settles. Returns how many bytes zstd compressed, where it did.
 *
 * @param basePath an archive whose entries go before the new one
 * @throws TimeLimitError, the signal's reason, or the explanation of the program that failed first
 */
export async function runPipeline(request: PipelineRequest, basePath?: string): Promise<number | undefined> {
  const { source, zstd, compression, explainSource, onSourceLine, onStarted } = request;
  using watch = watchLimits(() => sizeOf(request.archivePath), request.limits, request.signal, request.onProgress);
  const { signal } = watch;
  const sevenZip = startProgram(addCommand(request, request.entryName, basePath), {
    stdin: 'pipe',
    stdout: 'pipe',
    signal,
    onStderrLine: (line) => watch.progressed(line),
  });
  try {
    // 7-Zip asks for the password of the base archive too.
    const sink = await enterPassword(sevenZip, request.password, basePath === undefined ? 1 : 2);
    const filter =
      zstd === undefined || compression.method !== 'zstd'
        ? undefined
        : startProgram(zstd.compress(compression.level), { stdin: 'pipe', stdout: sink, signal });
    const dump = startProgram(source, {
      stdout: filter?.stdin ?? sink,
      signal,
      ...(onSourceLine === undefined ? {} : { onStderrLine: onSourceLine }),
    });
    // Close our ends of the pipes: 7-Zip would otherwise never see the end of the dump.
    sink.destroy();
    filter?.stdin?.destroy();

    const stopped = [stopWithReader(filter === undefined ? [dump] : [dump, filter], sevenZip)];
    if (filter !== undefined) stopped.push(stopWithReader([dump], filter));
    onStarted?.(pauseWhileRunning(dump, sevenZip, watch));

    const [sourceEnding, sevenZipEnding, zstdEnding] = await Promise.all([dump.ended, sevenZip.ended, filter?.ended]);
    await Promise.all(stopped);
    const endings = { source: sourceEnding, zstd: zstdEnding, sevenZip: sevenZipEnding };
    const failure = judgeEndings(endings, explainSource);
    if (failure !== undefined) throw await unlessInterrupted(failure, signal);
    return zstdEnding === undefined ? undefined : compressedBytes(zstdEnding.stderrTail);
  } catch (error) {
    await sevenZip.stop();
    if (signal.aborted) throw reasonOf(signal);
    throw error;
  }
}

/** Pauses 7-Zip, behind which the others soon wait. A failing dump resumes it, so that the failure is reported at once. */
function pauseWhileRunning(dump: RunningProgram, sevenZip: RunningProgram, watch: LimitWatch): Pausable {
  let isOver = false;
  const hold = (isHeld: boolean): boolean => {
    const isPaused = !isOver && sevenZip.hold(isHeld);
    watch.hold(isPaused);
    return isPaused;
  };
  const resumeForGood = () => {
    hold(false);
    isOver = true;
  };
  dump.ended.then(({ exitCode }) => (exitCode === 0 ? undefined : resumeForGood()), resumeForGood);
  sevenZip.ended.then(resumeForGood, resumeForGood);
  return { hold };
}

const LAST_STEPS_WITHIN_MS = 5000;

/**
 * Stops the programs that write to a reader (7-Zip, zstd) once the reader has ended: a source that waits for the database would
 * not notice that its reader is gone. A writer closes its output shortly before it ends, so after a reader that succeeded each
 * writer gets the time to end by itself.
 */
async function stopWithReader(writers: readonly RunningProgram[], reader: RunningProgram): Promise<void> {
  const { exitCode } = await reader.ended;
  if (exitCode === 0) {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, LAST_STEPS_WITHIN_MS)));
    await Promise.race([Promise.allSettled(writers.map(({ ended }) => ended)), patience]);
    clearTimeout(timer);
  }
  await Promise.all(writers.map((writer) => writer.stop()));
}
