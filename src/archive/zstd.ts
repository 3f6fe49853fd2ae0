import zlib from 'node:zlib';
import { PgbakError, ProgramError } from '../core/errors.ts';
import { runProgram, type Command } from '../system/programs.ts';
import type { SevenZipEnvironment } from './seven-zip.ts';

/** A zstd that works from standard input to standard output. */
export interface Zstd {
  /** Its last line on stderr holds the sizes: `(78872323 B => ...`; see `compressedBytes`. */
  compress: (level: number) => Command;
  decompress: () => Command;
}

/**
 * The zstd program or, where it is missing, a process of a Node that knows zstd (22.15 and later).
 *
 * @throws ProgramError that says what to install when there is neither
 */
export async function findZstd(environment: SevenZipEnvironment, signal: AbortSignal): Promise<Zstd> {
  const command = (args: readonly string[]): Command => ({ name: 'zstd', file: 'zstd', args, env: environment });
  const runs = async (...args: string[]) =>
    await runProgram(command(args), { signal, timeoutMs: 10_000 }).then(
      ({ exitCode }) => exitCode === 0,
      (error: unknown) => {
        if (signal.aborted || !(error instanceof PgbakError)) throw error;
        return false;
      },
    );
  // A zstd refuses an option that it does not know before it reads anything.
  const knowsTuning = await runs('-c', JOB_SIZE, tablesFlag());
  if (knowsTuning || (await runs('-V'))) {
    return {
      // Sizes are in bytes only at this verbosity.
      compress: (level) =>
        command(['-c', '-T0', '-vvv', '--no-progress', `-${level}`, ...tuningOf(level, knowsTuning)]),
      decompress: () => command(['-d', '-c', '-q']),
    };
  }
  if (!('createZstdCompress' in zlib)) {
    throw new ProgramError(
      'zstd was not found, and this Node has no zstd built in',
      'Install it (apt install zstd, brew install zstd), use Node 22.15 or newer, or choose --compression lzma2:1.',
    );
  }
  const node = (script: string): Command => ({
    name: 'zstd',
    file: process.execPath,
    args: ['--no-warnings', '-e', script],
    env: environment,
  });
  return {
    compress: (level) => {
      const tables = level === LEVEL_OF_TABLES ? TABLES : {};
      const params = Object.entries({ compressionLevel: level, ...tables });
      const words = params.map(([name, value]) => `[z.constants.ZSTD_c_${name}]: ${value}`);
      return node(`${PIPE}(z.createZstdCompress({ params: { ${words.join(', ')} } }))`);
    },
    decompress: () => node(`${PIPE}(z.createZstdDecompress())`),
  };
}

/**
 * Dumps repeat long texts at short distances: with jobs and tables that fit into a processor's cache, zstd takes half the time
 * for an archive of the same size (docs/seven-zip.md). Any zstd reads it.
 */
const JOB_SIZE = '-B1M';
const TABLES = { hashLog: 16, chainLog: 15, minMatch: 6 };
/** Higher levels use tables that are too large for such a job. */
const LAST_LEVEL_TUNED = 6;
const LEVEL_OF_TABLES = 3;

function tuningOf(level: number, isKnown: boolean): string[] {
  if (!isKnown || level > LAST_LEVEL_TUNED) return [];
  return [JOB_SIZE, ...(level === LEVEL_OF_TABLES ? [tablesFlag()] : [])];
}

function tablesFlag(): string {
  const words = Object.entries(TABLES).map(([name, value]) => `${name}=${value}`);
  return `--zstd=${words.join(',')}`;
}

/** A script for `node -e`; it cannot import anything of pgbak. */
const PIPE = `const z = require('node:zlib');
  ((engine) => require('node:stream').pipeline(process.stdin, engine, process.stdout, (error) => {
    console.error(error ? error.message : '(' + engine.bytesWritten + ' B =>');
    process.exitCode = error ? 1 : 0;
  }))`;

/**
 * The recorded size of a dump in bytes. Early versions recorded the compressed size for dumps below 100 kB, because they could
 * not read zstd's padded number: undefined for those.
 */
export function recordedBytes(recorded: number | undefined, entryName: string, entryBytes: number): number | undefined {
  return entryName.endsWith('.zst') && recorded === entryBytes ? undefined : recorded;
}

/** How many bytes a zstd compressed, from its stderr; undefined where that does not say. */
export function compressedBytes(stderr: string): number | undefined {
  // zstd pads short numbers with spaces.
  const bytes = /\( *(\d+) B *=>/.exec(stderr)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}
