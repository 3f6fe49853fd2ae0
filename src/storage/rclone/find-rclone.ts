import { isAbsolute } from 'node:path';
import { PgbakError, ProgramError } from '../../core/errors.ts';
import { findOnPath } from '../../system/find-on-path.ts';
import { runProgram } from '../../system/programs.ts';

/** An rclone that pgbak can use. */
export interface Rclone {
  file: string;
  /** From its first line: `1.60.1-DEV`. */
  version: string;
}

export interface RcloneSearch {
  /** `PGBAK_RCLONE`: a path or a name, in place of the search. */
  override: string | undefined;
  /** The directories of `PATH`. */
  searchPath: string;
  signal: AbortSignal;
}

/** The oldest that is tested; it is in Debian 12. Older ones lack `lsjson --stat` (1.57). */
const OLDEST_MINOR = 60;

/**
 * The first rclone that can be used: `PGBAK_RCLONE` if set, else those on PATH.
 *
 * @throws ProgramError that says which were tried and why each was refused
 */
export async function findRclone({ override, searchPath, signal }: RcloneSearch): Promise<Rclone> {
  const name = override ?? 'rclone';
  const candidates = isAbsolute(name) ? [name] : await findOnPath(name, searchPath);
  const refusals: string[] = [];
  for (const file of candidates) {
    const verdict = await examine(file, signal);
    if (typeof verdict !== 'string') return verdict;
    refusals.push(`${file}: ${verdict}`);
  }
  const tried = refusals.length === 0 ? 'none is on PATH' : `tried ${refusals.join('; ')}`;
  throw new ProgramError(
    `no usable rclone was found: ${tried}`,
    override === undefined
      ? 'Install rclone 1.60 or newer (Debian/Ubuntu: apt install rclone; macOS: brew install rclone), or set PGBAK_RCLONE.'
      : 'Set PGBAK_RCLONE to an rclone 1.60 or newer, or unset it: then pgbak looks on PATH.',
  );
}

/** The rclone at `file`, or why it cannot be used. */
async function examine(file: string, signal: AbortSignal): Promise<Rclone | string> {
  // Without a configuration: one that is encrypted would be asked for its password.
  const command = { name: 'rclone', file, args: ['version', '--config='], env: { LC_ALL: 'C' } };
  try {
    const { stdout } = await runProgram(command, { signal, timeoutMs: 20_000 });
    const [, version, major, minor] = /^rclone v((\d+)\.(\d+)\S*)/m.exec(stdout) ?? [];
    if (version === undefined) return 'is not rclone';
    if (Number(major) === 1 && Number(minor) < OLDEST_MINOR) return `is version ${version}, too old`;
    return { file, version };
  } catch (error) {
    if (signal.aborted || !(error instanceof PgbakError)) throw error;
    return error.message;
  }
}
