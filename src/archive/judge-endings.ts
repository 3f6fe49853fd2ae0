import { ProgramError, type PgbakError } from '../core/errors.ts';
import { reasonOf } from '../system/clock.ts';
import type { Ending } from '../system/programs.ts';
import { writeFailure } from './seven-zip-failure.ts';

/** How the programs of the pipeline ended. */
interface PipelineEndings {
  source: Ending;
  /** Absent where 7-Zip itself compresses. */
  zstd: Ending | undefined;
  sevenZip: Ending;
}

/**
 * The failure to report, or undefined when every program succeeded. A dump that died half way leaves a well-formed archive,
 * and a 7-Zip that dies takes the source with it through the broken pipe: blame the program that failed first by itself.
 */
export function judgeEndings(
  { source, zstd, sevenZip }: PipelineEndings,
  explainSource: (ending: Ending) => PgbakError,
): PgbakError | undefined {
  const isSourceInnocent = !failed(source) || diedOfBrokenPipe(source);
  const isZstdInnocent = zstd === undefined || !failed(zstd) || diedOfBrokenPipe(zstd);
  const failure = writeFailure(sevenZip);
  if (failure !== undefined && isSourceInnocent && isZstdInnocent) return failure;
  if (zstd !== undefined && failed(zstd) && isSourceInnocent) return zstdFailure(zstd);
  return failed(source) ? explainSource(source) : undefined;
}

function failed({ exitCode }: Ending): boolean {
  return exitCode !== 0;
}

/** Node's pipes are socket pairs, hence "connection reset"; SIGTERM is how a source is stopped once 7-Zip has ended. */
function diedOfBrokenPipe({ signal, rawStderr }: Ending): boolean {
  return (
    signal === 'SIGPIPE' ||
    signal === 'SIGTERM' ||
    /broken pipe|connection reset by peer|terminated by user/i.test(rawStderr.reveal())
  );
}

function zstdFailure({ exitCode, signal, stderrTail }: Ending): PgbakError {
  const how = signal === undefined ? `failed with exit code ${exitCode}` : `was killed by ${signal}`;
  return new ProgramError(`zstd ${how}: ${stderrTail.trim().split('\n').at(-1) ?? ''}`);
}

const OWN_SIGNAL_WITHIN_MS = 250;

/**
 * The signal's reason where an abort follows the failure at once. Ctrl-C and systemd's SIGTERM reach the children too, and
 * their end may be seen before our own signal: an interruption is not their failure.
 */
export async function unlessInterrupted(failure: PgbakError, signal: AbortSignal): Promise<Error> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OWN_SIGNAL_WITHIN_MS);
      signal.addEventListener('abort', () => [clearTimeout(timer), resolve()], { once: true });
    });
  }
  return signal.aborted ? reasonOf(signal) : failure;
}
