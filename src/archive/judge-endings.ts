import { ProgramError, type PgbakError } from '../core/errors.ts';
import type { Ending } from '../system/programs.ts';
import { sevenZipComplaint } from './seven-zip-command.ts';

/**
 * What the endings of source, zstd and 7-Zip amount to; undefined when all succeeded. A dump that died half way leaves a
 * well-formed archive, and a 7-Zip that died takes the source with it through the broken pipe: the one that failed by
 * itself is to blame.
 */
export function judgeEndings(
  source: Ending,
  sevenZip: Ending,
  zstd: Ending | undefined,
  explainSource: (ending: Ending) => PgbakError,
): PgbakError | undefined {
  const isSourceInnocent = !failed(source) || diedOfBrokenPipe(source);
  const isZstdInnocent = zstd === undefined || !failed(zstd) || diedOfBrokenPipe(zstd);
  const failure = sevenZipFailure(sevenZip);
  if (failure !== undefined && isSourceInnocent && isZstdInnocent) return failure;
  if (zstd !== undefined && failed(zstd) && isSourceInnocent) return zstdFailure(zstd);
  return failed(source) ? explainSource(source) : undefined;
}

function failed({ exitCode }: Ending): boolean {
  return exitCode !== 0;
}

/** Node connects the two by a socket pair, hence also "connection reset"; SIGTERM stops a source once 7-Zip has gone. */
function diedOfBrokenPipe({ signal, stderrTail }: Ending): boolean {
  return (
    signal === 'SIGPIPE' ||
    signal === 'SIGTERM' ||
    /broken pipe|connection reset by peer|terminated by user/i.test(stderrTail)
  );
}

function zstdFailure({ exitCode, signal, stderrTail }: Ending): PgbakError {
  const how = signal === undefined ? `failed with exit code ${exitCode}` : `was ended by ${signal}`;
  return new ProgramError(`zstd ${how}: ${stderrTail.trim().split('\n').at(-1) ?? ''}`);
}

/** What a 7-Zip that writes an archive failed of; undefined when it succeeded. */
export function sevenZipFailure({ exitCode, signal, stderrTail }: Ending): PgbakError | undefined {
  if (exitCode === 0) return undefined;
  if (/No space left on device|not enough space|disk quota exceeded/i.test(stderrTail)) {
    return new ProgramError(
      'the temporary directory is full: there is no room for the archive',
      'Free some space there, or set PGBAK_TMPDIR to a directory on a larger file system.',
    );
  }
  if (signal !== undefined) {
    const hint =
      signal === 'SIGKILL' ? 'The kernel may have been short of memory; look at its log (dmesg).' : undefined;
    return new ProgramError(`7-Zip was ended by ${signal}`, hint);
  }
  // 1 is a warning, which `a -si` has no harmless cause for (7-Zip manual, "Exit Codes from 7-Zip").
  return new ProgramError(`7-Zip failed with exit code ${exitCode}: ${sevenZipComplaint(stderrTail)}`);
}
