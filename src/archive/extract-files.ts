import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ArchiveError } from '../core/errors.ts';

/** The table of contents of a dump in a directory. */
export const TOC_FILE = 'toc.dat';

/** A file of a dump that is a directory. */
export interface DumpFile {
  /** Without a folder. */
  name: string;
  sizeBytes: number;
}

/** A sink that makes new files in `directory`. They survive a power cut where `flush` is true. */
export function filesSink(files: readonly DumpFile[], directory: string, flush: boolean): Writable {
  return splitSink(files, ({ name }) => createWriteStream(join(directory, name), { mode: 0o600, flags: 'wx', flush }));
}

/** A sink that counts the lines of those files that pg_dump has compressed, and keeps nothing. `lines` are by name. */
export function lineCounter(files: readonly DumpFile[]): { sink: Writable; lines: ReadonlyMap<string, number> } {
  const lines = new Map<string, number>();
  const sink = splitSink(files, ({ name }) => {
    if (!name.endsWith('.gz')) return new Writable({ write: (_chunk, _encoding, done) => done() });
    let count = 0;
    return createGunzip()
      .on('data', (text: Buffer) => {
        for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) count += 1;
      })
      .on('end', () => lines.set(name, count));
  });
  return { sink, lines };
}

const NEWLINE = 10;

/**
 * A sink for the files of a dump, one after another, as 7-Zip writes a folder to its standard output. It fails with an
 * ArchiveError where bytes are missing. Once it is closed, all files are.
 */
function splitSink(files: readonly DumpFile[], open: (file: DumpFile) => Writable): Writable {
  const left = [...files];
  let current: { stream: Writable; done: Promise<void>; leftBytes: number } | undefined;
  let busy: Promise<void> = Promise.resolve();

  const next = async (): Promise<void> => {
    while (current === undefined || current.leftBytes === 0) {
      if (current !== undefined) {
        current.stream.end();
        await current.done;
        current = undefined;
      }
      const file = left.shift();
      if (file === undefined) return;
      const stream = open(file);
      const done = finished(stream);
      done.catch(() => {});
      current = { stream, done, leftBytes: file.sizeBytes };
    }
  };

  const write = async (chunk: Buffer): Promise<void> => {
    let at = 0;
    while (at < chunk.length) {
      await next();
      if (current === undefined)
        throw new ArchiveError('the dump in the archive has more bytes than the archive lists');
      const piece = chunk.subarray(at, at + current.leftBytes);
      current.leftBytes -= piece.length;
      at += piece.length;
      const { stream, done } = current;
      await Promise.race([new Promise<void>((resolve) => stream.write(piece, () => resolve())), done]);
      if (stream.errored) throw stream.errored;
    }
  };

  const settle = async (work: Promise<void>, done: (error?: Error) => void): Promise<void> => {
    busy = work.catch(() => {});
    const error = await work.then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    done(error);
  };
  const close = async (): Promise<void> => {
    current?.stream.destroy();
    await busy;
    // The work that was under way may have begun the next file.
    current?.stream.destroy();
    await current?.done.catch(() => {});
  };
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void settle(write(chunk), done),
    final: (done) => {
      const end = async () => {
        await next();
        if (current !== undefined)
          throw new ArchiveError('the dump in the archive has fewer bytes than the archive lists');
      };
      void settle(end(), done);
    },
    destroy: (error, done) => {
      const gone = async () => {
        await close();
        done(error);
      };
      void gone();
    },
  });
}
