import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Compression } from '../core/archive-format.ts';
import { startProgram, type Command } from '../system/programs.ts';
import { enterPassword } from './password-prompt.ts';
import { sevenZipCommand, type SevenZipArchive } from './seven-zip.ts';
import { writeFailure } from './seven-zip-failure.ts';

/** An archive to write. */
export interface ArchiveTarget extends SevenZipArchive {
  compression: Compression;
}

/** Writes an archive whose only entry is a stream of pgbak's own. Dumps bypass Node: see `writeArchive`. */
export async function archiveStream(target: ArchiveTarget, entryName: string, content: Readable): Promise<void> {
  const { password, signal } = target;
  const sevenZip = startProgram(addCommand(target, entryName), { stdin: 'pipe', stdout: 'pipe', signal });
  try {
    const sink = await enterPassword(sevenZip, password);
    // 7-Zip's ending says why it stopped reading.
    await pipeline(content, sink).catch(() => {});
    const failure = writeFailure(await sevenZip.ended);
    if (failure !== undefined) throw failure;
    if (content.errored) throw content.errored;
  } catch (error) {
    await sevenZip.stop();
    signal.throwIfAborted();
    throw error;
  }
}

/**
 * The 7-Zip that adds its standard input to an archive (7-Zip manual, "-si switch"). The entries of the archive at `basePath`
 * go before it: 7-Zip then writes a new archive in order, where an update would replace the old file at the end
 * (7-Zip manual, "-u (Update options) switch").
 */
export function addCommand(target: ArchiveTarget, entryName: string, basePath?: string): Command {
  return sevenZipCommand(target, [
    'a',
    ...addFlags(target, basePath),
    `-si${entryName}`,
    ...archiveWords(target, basePath),
  ]);
}

/** The same for a directory, as one stream: without `-ms` the list of files would describe the encryption of each. */
export function addDirectoryCommand(target: ArchiveTarget, directoryPath: string, basePath?: string): Command {
  const words = archiveWords(target, basePath);
  return sevenZipCommand(target, ['a', ...addFlags(target, basePath), '-ms=on', '-spd', ...words, directoryPath]);
}

function addFlags({ compression, archivePath, password }: ArchiveTarget, basePath: string | undefined): string[] {
  return [
    '-t7z',
    ...methodFlags(compression),
    '-mmt=on',
    ...(password === undefined ? [] : ['-p', '-mhe=on']),
    ...(basePath === undefined ? [] : ['-u-', `-up1q1r2x1y2z1w2!${archivePath}`]),
  ];
}

function archiveWords({ archivePath }: ArchiveTarget, basePath: string | undefined): string[] {
  // Progress on stderr shows that 7-Zip is alive, and makes an orphan die of the broken pipe.
  return ['-bsp2', '--', basePath ?? archivePath];
}

/** 7-Zip manual, "-m (Set compression Method) switch". 7-Zip only wraps what zstd has compressed. */
export function methodFlags(compression: Compression): string[] {
  switch (compression.method) {
    case 'lzma2':
      // As level 1, in three quarters of the time for a hardly larger archive: docs/seven-zip.md.
      if (compression.level === 1) return ['-m0=LZMA2:d=128k:fb=32:mc=3:mf=hc5:a=0:lc=4:pb=0', '-mx=1'];
      return ['-m0=LZMA2', `-mx=${compression.level}`];
    case 'ppmd':
      return ['-m0=PPMd', '-mx=5'];
    case 'zstd':
    case 'none':
      return ['-m0=Copy', '-mx=0'];
  }
}
