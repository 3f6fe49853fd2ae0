import zlib from 'node:zlib';
import { ProgramError } from '../errors.ts';
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
  const isInstalled = await runProgram(command(['-V']), { signal, timeoutMs: 10_000 }).then(
    ({ exitCode }) => exitCode === 0,
    () => signal.throwIfAborted(),
  );
  if (isInstalled === true) {
    return {
      // Only at this verbosity the sizes are in bytes.
      compress: (level) => command(['-c', '-T0', '-vvv', '--no-progress', `-${level}`]),
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
    compress: (level) =>
      node(`${PIPE}(z.createZstdCompress({ params: { [z.constants.ZSTD_c_compressionLevel]: ${level} } }))`),
    decompress: () => node(`${PIPE}(z.createZstdDecompress())`),
  };
}

/** A program for `node -e`, which knows nothing of this file. */
const PIPE = `const z = require('node:zlib');
  ((engine) => require('node:stream').pipeline(process.stdin, engine, process.stdout, (error) => {
    console.error(error ? error.message : '(' + engine.bytesWritten + ' B =>');
    process.exitCode = error ? 1 : 0;
  }))`;

/** How many bytes a zstd has compressed, by its last words; undefined where it has not told. */
export function compressedBytes(stderr: string): number | undefined {
  const bytes = /\((\d+) B *=>/.exec(stderr)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}
