import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, PgbakError } from '../core/errors.ts';
import { childrenDieWithUs } from './die-with-parent.ts';
import { runProgram } from './programs.ts';

/** Frees disk space of a file that another program is still writing. */
interface DiskRoom {
  /** Frees the space of a byte range; it then reads as zeros. */
  release(startByte: number, sizeBytes: number): Promise<void>;
  /** Free space on the file system. */
  freeBytes(): Promise<number>;
}

const PROBE_BYTES = 65_536;
const RELEASE_WITHIN_MS = 60_000;

/**
 * Tries with a small file beside `path` whether the space of byte ranges can be freed. Linux can do so on most file systems:
 * `fallocate --punch-hole` of util-linux, see fallocate(2), FALLOC_FL_PUNCH_HOLE. Returns the reason, in words, where it cannot.
 */
export async function openDiskRoom(
  path: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<DiskRoom | string> {
  if (process.platform !== 'linux') return 'only Linux can free the beginning of a file that is still written';
  if (!childrenDieWithUs())
    return 'without `setpriv --pdeathsig` (util-linux 2.33) the dump cannot wait for the upload';
  const punch = async (file: string, startByte: number, sizeBytes: number): Promise<string | undefined> => {
    const args = ['--punch-hole', '--offset', String(startByte), '--length', String(sizeBytes), '--', file];
    const command = { name: 'fallocate', file: 'fallocate', args, env: environment };
    try {
      const { exitCode, stderrTail } = await runProgram(command, { signal, timeoutMs: RELEASE_WITHIN_MS });
      return exitCode === 0
        ? undefined
        : `its file system cannot free the beginning of a file (${stderrTail.split('\n').at(-1)})`;
    } catch (error) {
      if (signal.aborted || !(error instanceof PgbakError)) throw error;
      return error.message;
    }
  };

  const probe = join(dirname(path), 'probe');
  try {
    await writeFile(probe, Buffer.alloc(PROBE_BYTES, 1), { mode: 0o600 });
    const refusal = await punch(probe, 0, PROBE_BYTES);
    if (refusal !== undefined) return refusal;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return `no file can be written there: ${errorCode(error)}`;
  } finally {
    await rm(probe, { force: true });
  }
  return {
    release: async (startByte, sizeBytes) => {
      const refusal = await punch(path, startByte, sizeBytes);
      if (refusal !== undefined) throw new Error(refusal);
    },
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
  };
}
