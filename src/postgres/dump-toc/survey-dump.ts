import { Writable } from 'node:stream';
import { ArchiveError } from '../../core/errors.ts';
import { readToc } from './read-toc.ts';
import { countRows, type RowCounter } from './row-counter.ts';
import type { Toc } from './toc-entry.ts';

/** What a binary dump holds. */
export interface Survey {
  toc: Toc;
  /** How many rows stand behind an entry of the kind `TABLE DATA`, by its `dumpId`; empty where they are compressed. */
  rowCounts: ReadonlyMap<number, number>;
}

export interface Surveyor {
  /** Takes the dump; nothing of it is kept. */
  sink: Writable;
  /** What was in it. An `ArchiveError` where it is no binary dump, or was not written to its end. */
  result(): Survey;
}

const FIRST_LOOK_BYTES = 65_536;
/** The contents of a hundred thousand tables are some 60 MB. */
const MAX_TOC_BYTES = 1_000_000_000;

/** Looks into a binary dump that passes by: its contents, and how many rows each table has. */
export function surveyDump(): Surveyor {
  let head: Buffer[] = [];
  let headBytes = 0;
  let nextLookBytes = FIRST_LOOK_BYTES;
  let toc: Toc | undefined;
  let counter: RowCounter | undefined;
  const look = () => {
    const bytes = Buffer.concat(head);
    toc = readToc(bytes);
    // Each look reads from the beginning, so that they have to become rarer.
    nextLookBytes = bytes.length * 2;
    head = toc === undefined ? [bytes] : [];
    if (toc === undefined) return;
    counter = countRows(toc);
    counter.write(bytes.subarray(toc.sizeBytes));
  };
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      try {
        if (counter !== undefined) counter.write(chunk);
        else {
          head.push(Buffer.from(chunk));
          headBytes += chunk.length;
          if (headBytes >= nextLookBytes) look();
          if (counter === undefined && headBytes > MAX_TOC_BYTES) throw new ArchiveError('the dump has no contents');
        }
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  return {
    sink,
    result: () => {
      if (toc === undefined) look();
      if (toc === undefined || counter === undefined) throw new ArchiveError('the contents of the dump are not whole');
      return { toc, rowCounts: counter.rowCounts };
    },
  };
}
