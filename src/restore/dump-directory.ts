import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { filesSink, lineCounter, TOC_FILE, type DumpFile } from '../archive/extract-files.ts';
import type { ArchiveLocation } from '../archive/list-archive.ts';
import { openEntry } from '../archive/read-entry.ts';

/** A dump of several files, in a proved archive. */
export interface DumpDirectory {
  /**
   * Writes the files into a directory that exists, and to the disk itself where `flush` is true. Resolves with their size in bytes
   * when all were seen to be whole. None is open any more when it rejects.
   */
  extractTo: (path: string, flush: boolean) => Promise<number>;
  /** Reads the files to their end, and counts the lines of those that pg_dump has compressed, by name. */
  countLines: () => Promise<ReadonlyMap<string, number>>;
  /** Writes the table of contents to a sink, which stays open. */
  copyContents: (sink: Writable) => Promise<void>;
}

/** @param copyTo writes one file after another to a sink, which stays open, and returns their size in bytes */
export function dumpDirectory(
  location: ArchiveLocation,
  dumpEntry: string,
  files: readonly DumpFile[],
  copyTo: (sink: Writable) => Promise<number>,
): DumpDirectory {
  const into = async (sink: Writable): Promise<number> => {
    const written = finished(sink);
    written.catch(() => {});
    try {
      const dumpBytes = await copyTo(sink);
      sink.end();
      await written;
      return dumpBytes;
    } catch (error) {
      sink.destroy();
      if (!sink.closed) await once(sink, 'close').catch(() => {});
      // The error of the file is the reason, not the broken pipe that follows.
      throw sink.errored ?? error;
    }
  };
  return {
    extractTo: async (path, flush) => await into(filesSink(files, path, flush)),
    countLines: async () => {
      const { sink, lines } = lineCounter(files);
      await into(sink);
      return lines;
    },
    copyContents: async (sink) => {
      await using toc = openEntry(location, `${dumpEntry}/${TOC_FILE}`);
      await pipeline(toc.stream, sink, { end: false });
    },
  };
}
