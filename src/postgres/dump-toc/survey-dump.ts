import { Writable } from 'node:stream';
import { ArchiveError } from '../../core/errors.ts';
import { readToc, type Toc } from './read-toc.ts';

/** The contents of a binary dump. */
interface Survey {
  toc: Toc;
  /** The number of rows of each `TABLE DATA` entry, by its `dumpId`; empty where the rows are compressed. */
  rowCounts: ReadonlyMap<number, number>;
}

interface Surveyor {
  /** Takes the dump, and keeps no rows of it. */
  sink: Writable;
  /** @throws ArchiveError where the input was no binary dump, or was cut off */
  result(): Survey;
}

const FIRST_LOOK_BYTES = 65_536;
/** A table of contents for 100,000 tables has about 60 MB. */
const MAX_TOC_BYTES = 1_000_000_000;

/** Reads the contents of a binary dump on its way, and counts the rows of each table. */
export function surveyDump(): Surveyor {
  let head: Buffer[] = [];
  let headBytes = 0;
  let nextLookBytes = FIRST_LOOK_BYTES;
  let toc: Toc | undefined;
  let counter: RowCounter | undefined;
  const look = () => {
    const bytes = Buffer.concat(head);
    toc = readToc(bytes);
    // Each look reads from the beginning, so looks must become rarer.
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
          if (counter === undefined && headBytes > MAX_TOC_BYTES)
            throw new ArchiveError('the dump has no table of contents');
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
      if (toc === undefined || counter === undefined)
        throw new ArchiveError('the table of contents of the dump is incomplete');
      return { toc, rowCounts: counter.rowCounts };
    },
  };
}

interface RowCounter {
  /** Takes the bytes after the table of contents, piece by piece. */
  write(bytes: Buffer): void;
  /** By the `dumpId` of the entry that the rows belong to. */
  rowCounts: ReadonlyMap<number, number>;
}

/** Kinds of blocks (src/bin/pg_dump/pg_backup_archiver.h). */
const DATA = 1;
const LARGE_OBJECTS = 3;
const NEWLINE = 10;
/** After the last row pg_dump writes `\.` and two empty lines (dumpTableData_copy). */
export const CLOSING_LINES = 3;

/**
 * Counts the rows in the data of a custom dump whose rows are not compressed (src/bin/pg_dump/pg_backup_custom.c).
 *
 * A block is its kind, the entry's id, and chunks, each after its length, up to a length of 0. A block of large objects
 * has an id before the chunks of each object, up to an id of 0. A row of COPY is one line, because COPY writes a line
 * feed within a row as `\n`.
 */
function countRows({ integerBytes, isCompressed, entries }: Toc): RowCounter {
  const rowCounts = new Map<number, number>();
  const copied = new Set(entries.flatMap(({ dumpId, copyStatement }) => (copyStatement === '' ? [] : [dumpId])));
  let reader: Reader = { kind: 'block' };
  let pending: Buffer = Buffer.alloc(0);
  let lines = 0;

  /** Reads an integer at `at`; undefined where the piece ends within it. */
  const integerAt = (bytes: Buffer, at: number): number | undefined => {
    if (at + 1 + integerBytes > bytes.length) return undefined;
    const value = bytes.readUIntLE(at + 1, integerBytes);
    return bytes[at] === 0 ? value : -value;
  };

  function step(bytes: Buffer, at: number): number | undefined {
    if (reader.kind === 'chunk') {
      const end = Math.min(bytes.length, at + reader.leftBytes);
      if (reader.isCounted) lines += linesIn(bytes, at, end);
      reader.leftBytes -= end - at;
      if (reader.leftBytes === 0) reader = { ...reader, kind: 'length' };
      return end;
    }
    if (reader.kind === 'block') {
      const id = integerAt(bytes, at + 1);
      if (id === undefined) return undefined;
      const kind = bytes[at];
      if (kind !== DATA && kind !== LARGE_OBJECTS)
        throw new ArchiveError('the dump holds something that pg_dump never writes');
      lines = 0;
      reader =
        kind === DATA ? { kind: 'length', id, isCounted: copied.has(id), leftBytes: 0 } : { kind: 'large object' };
      return at + 2 + integerBytes;
    }
    const value = integerAt(bytes, at);
    if (value === undefined) return undefined;
    if (value < 0) throw new ArchiveError('the dump holds something that pg_dump never writes');
    if (reader.kind === 'large object') {
      reader = value === 0 ? { kind: 'block' } : { kind: 'length', isCounted: false, leftBytes: 0 };
    } else if (value > 0) reader = { ...reader, kind: 'chunk', leftBytes: value };
    else {
      if (reader.isCounted && reader.id !== undefined) rowCounts.set(reader.id, Math.max(0, lines - CLOSING_LINES));
      reader = reader.id === undefined ? { kind: 'large object' } : { kind: 'block' };
    }
    return at + 1 + integerBytes;
  }

  return {
    rowCounts,
    write: (piece) => {
      if (isCompressed) return;
      const bytes = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
      let at = 0;
      while (at < bytes.length) {
        const next = step(bytes, at);
        if (next === undefined) break;
        at = next;
      }
      pending = Buffer.from(bytes.subarray(at));
    },
  };
}

type Reader =
  | { kind: 'block' }
  | { kind: 'large object' }
  /** Before the length of a chunk, or within a chunk. `id` is the entry's; a large object has none. */
  | { kind: 'length' | 'chunk'; id?: number; isCounted: boolean; leftBytes: number };

function linesIn(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE, from); at !== -1 && at < to; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
