import zlib from 'node:zlib';
import { PgbakError, ProgramError } from '../core/errors.ts';
import { runProgram, type Command } from '../system/programs.ts';
import type { SevenZipEnvironment } from './seven-zip-command.ts';

/** A zstd that compresses and decompresses from standard input to standard output. */
export interface Zstd {
  /** It ends with a line on stderr that tells the sizes: `(78872323 B => ...`. */
  compress: (level: number) => Command;
  decompress: () => Command;
}

/**
 * The zstd program, or a Node that can do the same (22.15 and later) as a process of its own. Throws a `ProgramError` that
 * says what to install when there is neither.
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
  // What it does not know of these, a zstd refuses before it reads anything.
  const knowsTuning = await runs('-c', PIECES, tablesFlag());
  if (knowsTuning || (await runs('-V'))) {
    return {
      // Only at this verbosity the sizes are in bytes.
      compress: (level) =>
        command(['-c', '-T0', '-vvv', '--no-progress', `-${level}`, ...tuningOf(level, knowsTuning)]),
      decompress: () => command(['-d', '-c', '-q']),
    };
  }
  if (!('createZstdCompress' in zlib)) {
    throw new ProgramError(
      'zstd was not found, and this Node has none of its own',
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
 * Dumps repeat themselves at short distances and in long stretches: with pieces and tables that fit into a processor's
 * cache, zstd takes half the time for an archive that is no larger (docs/seven-zip.md). Any zstd reads it.
 */
const PIECES = '-B1M';
const TABLES = { hashLog: 16, chainLog: 15, minMatch: 6 };
/** Above that, a level's tables are meant for more than such a piece. */
const LAST_LEVEL_OF_PIECES = 6;
const LEVEL_OF_TABLES = 3;

function tuningOf(level: number, isKnown: boolean): string[] {
  if (!isKnown || level > LAST_LEVEL_OF_PIECES) return [];
  return [PIECES, ...(level === LEVEL_OF_TABLES ? [tablesFlag()] : [])];
}

function tablesFlag(): string {
  const words = Object.entries(TABLES).map(([name, value]) => `${name}=${value}`);
  return `--zstd=${words.join(',')}`;
}

/** A program for `node -e`, which knows nothing of this file. */
const PIPE = `const z = require('node:zlib');
  ((engine) => require('node:stream').pipeline(process.stdin, engine, process.stdout, (error) => {
    console.error(error ? error.message : '(' + engine.bytesWritten + ' B =>');
    process.exitCode = error ? 1 : 0;
  }))`;

/**
 * The size of a dump, as it was recorded. Of dumps below 100 kB pgbak once recorded how large zstd had made them, since it
 * could not read the padded number; such a size says nothing of the dump.
 */
export function recordedBytes(recorded: number | undefined, entryName: string, entryBytes: number): number | undefined {
  return entryName.endsWith('.zst') && recorded === entryBytes ? undefined : recorded;
}

/** How many bytes a zstd has compressed, by its last words; undefined where it has not told. */
export function compressedBytes(stderr: string): number | undefined {
  // Short numbers are padded.
  const bytes = /\( *(\d+) B *=>/.exec(stderr)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}
