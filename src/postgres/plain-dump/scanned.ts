import { Writable } from 'node:stream';
import { ArchiveError } from '../../core/errors.ts';
import type { LeftOut } from './left-out.ts';
import { PlainDumpScanner } from './scanner.ts';

/** Takes a plain dump, and passes only what pg_dump writes on to psql. */
interface Scanned {
  input: Writable;
  /**
   * Ends the dump. Resolves when all of it was read and passed on; rejects where it was refused or cut off, or psql
   * ended.
   */
  finish(): Promise<void>;
  /** Why the dump was refused; undefined while it was not. */
  refusal(): ArchiveError | undefined;
}

const SMALL_BYTES = 262_144;

/** Scans a plain dump on its way to psql's `stdin`, which stays open. */
export function scanned(stdin: Writable, leftOut?: LeftOut): Scanned {
  const scanner = new PlainDumpScanner(leftOut);
  let refusal: ArchiveError | undefined;
  const judge = <T>(work: () => T): T | ArchiveError => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      return (refusal ??= error);
    }
  };
  const input = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const pieces = judge(() => scanner.push(chunk));
      if (pieces instanceof Error) done(pieces);
      else passOn(stdin, pieces, done);
    },
    final: (done) => {
      const end = judge(() => {
        scanner.end();
      });
      done(end ?? null);
    },
  });
  input.on('error', () => {});
  return {
    input,
    finish: () =>
      new Promise((resolve, reject) => {
        if (input.errored !== null) return reject(input.errored);
        input.once('error', reject);
        input.end(resolve);
      }),
    refusal: () => refusal,
  };
}

function passOn(stdin: Writable, pieces: Buffer[], done: (error?: Error) => void): void {
  const isSmall = pieces.reduce((sum, { length }) => sum + length, 0) < SMALL_BYTES;
  const all = isSmall && pieces.length > 1 ? [Buffer.concat(pieces)] : pieces;
  if (stdin.destroyed || stdin.errored) return done(new Error('psql reads no further'));
  let hasRoom = true;
  for (const piece of all) hasRoom = stdin.write(piece);
  if (hasRoom) return done();
  const events = ['drain', 'close', 'error'] as const;
  const go = () => {
    for (const event of events) stdin.off(event, go);
    done();
  };
  for (const event of events) stdin.on(event, go);
}
