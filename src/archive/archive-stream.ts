import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Compression } from '../core/compression.ts';
import type { Secret } from '../core/secret.ts';
import { startProgram, type Command } from '../system/programs.ts';
import { sevenZipFailure } from './judge-endings.ts';
import { answerPasswordPrompt, keepFlowing } from './password-prompt.ts';
import type { SevenZip } from './seven-zip.ts';
import { sevenZipCommand, type SevenZipEnvironment } from './seven-zip-command.ts';

/** An archive to be, and what writes it. */
export interface ArchiveTarget {
  sevenZip: SevenZip;
  environment: SevenZipEnvironment;
  archivePath: string;
  compression: Compression;
  /** AES-256 over content and headers. */
  password?: Secret;
  signal: AbortSignal;
}

/** Adds what a stream of our own holds as an entry. For dumps there is a shorter way: `writeArchive`. */
export async function archiveStream(target: ArchiveTarget, entryName: string, content: Readable): Promise<void> {
  const { password, signal } = target;
  const options = { stdin: 'pipe', stdout: 'pipe', signal } as const;
  const sevenZip = startProgram(addCommand(target, entryName), options);
  try {
    const { stdin, stdout } = sevenZip;
    if (stdin === undefined || stdout === undefined) throw new Error('7-Zip was started without pipes');
    if (password === undefined) keepFlowing(stdout);
    else await answerPasswordPrompt(sevenZip, password);
    // Why 7-Zip reads no further is in its ending.
    await pipeline(content, stdin).catch(() => {});
    const failure = sevenZipFailure(await sevenZip.ended);
    if (failure !== undefined) throw failure;
    if (content.errored) throw content.errored;
  } catch (error) {
    await sevenZip.stop();
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * The 7-Zip that adds its standard input to an archive (7-Zip manual, "-si switch"). What `basePath` holds goes before it:
 * a new archive is written, so that it grows in order, where an updated one would take the other's place at the end
 * (7-Zip manual, "-u (Update options) switch").
 */
export function addCommand(target: ArchiveTarget, entryName: string, basePath?: string): Command {
  const { sevenZip, environment, compression, archivePath, password } = target;
  const args: [string, ...string[]] = [
    'a',
    '-t7z',
    ...methodFlags(compression),
    '-mmt=on',
    ...(password === undefined ? [] : ['-p', '-mhe=on']),
    ...(basePath === undefined ? [] : ['-u-', `-up1q1r2x1y2z1w2!${archivePath}`]),
    `-si${entryName}`,
    // Progress on stderr: shows that it lives, and makes an orphan die of the broken pipe.
    '-bsp2',
    '--',
    basePath ?? archivePath,
  ];
  return sevenZipCommand(sevenZip, environment, args, password);
}

/** The 7-Zip manual, "-m (Set compression Method) switch". What zstd has compressed is only wrapped. */
export function methodFlags(compression: Compression): string[] {
  switch (compression.method) {
    case 'lzma2':
      // Level 1 in three quarters of the time, for an archive that is hardly larger: docs/seven-zip.md.
      if (compression.level === 1) return ['-m0=LZMA2:d=128k:fb=32:mc=3:mf=hc5:a=0:lc=4:pb=0', '-mx=1'];
      return ['-m0=LZMA2', `-mx=${compression.level}`];
    case 'ppmd':
      return ['-m0=PPMd', '-mx=5'];
    case 'zstd':
    case 'none':
      return ['-m0=Copy', '-mx=0'];
  }
}
