import type { Writable } from 'node:stream';
import { closingsOf, headingsOf, type Format } from '../core/archive-format.ts';
import { ArchiveError, ProgramError } from '../core/errors.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { openEntry } from './read-entry.ts';
import { readFailure, wasKilled } from './seven-zip-failure.ts';

/** Empty lines and, from recent versions, `\unrestrict` follow the closing line. */
const TAIL_BYTES = 4096;

interface CopyOptions {
  onProgress?: (copiedBytes: number) => void;
  /** The size of the dump when it was made, where known. */
  expectedBytes?: number;
}

/**
 * Writes the dump in an archive to `sink` and returns its size in bytes. Writes nothing of an entry that does not begin as a
 * dump does, and no more bytes than the dump is known to have. A reader must not mistake a truncated dump for a whole one:
 * pg_restore commits once it has read all it needs, so the last chunk is held back until 7-Zip has succeeded, and the sink
 * stays open for the caller to end once this resolves.
 *
 * @throws PasswordError for a wrong password, ArchiveError for a damaged archive or a truncated dump
 */
export async function copyEntry(
  location: ArchiveLocation & { entryName: string },
  format: Format,
  sink: Writable,
  { onProgress, expectedBytes }: CopyOptions = {},
): Promise<number> {
  await using entry = openEntry(location, location.entryName);
  // The files of a directory come in any order.
  const headings = format === 'directory' ? [''] : headingsOf(format);
  const headLength = Math.max(...headings.map(({ length }) => length));
  const isDump = (start: Buffer) => headings.some((heading) => start.toString('latin1').startsWith(heading));
  let copiedBytes = 0;
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let held: Buffer[] = [];
  for await (const chunk of entry.stream as AsyncIterable<Buffer>) {
    if (head.length < headLength) head = Buffer.concat([head, chunk.subarray(0, headLength)]);
    tail =
      chunk.length >= TAIL_BYTES ? chunk.subarray(-TAIL_BYTES) : Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    copiedBytes += chunk.length;
    // Read on even when it is no dump: only 7-Zip's ending tells whether the password was wrong.
    if (head.length >= headLength && isDump(head)) {
      if (copiedBytes > (expectedBytes ?? copiedBytes)) throw otherSize(`more than ${expectedBytes} bytes`);
      for (const piece of held) await write(sink, piece);
      held = [];
    }
    if (held.length === 0 || head.length < headLength) held.push(chunk);
    onProgress?.(copiedBytes);
  }
  const ending = await entry.ended;
  location.signal.throwIfAborted();
  if (ending.exitCode !== 0) {
    const what = `the archive cannot be read to its end${ending.signal === undefined || wasKilled(ending) ? '' : ` (${ending.signal})`}`;
    throw readFailure(what, ending, location.password);
  }
  const ends = closingsOf(format);
  const end = tail.toString('latin1');
  if (!isDump(head) || !(ends.length === 0 || ends.some((closing) => end.includes(closing))))
    throw new ArchiveError('the dump in the archive is incomplete');
  if (copiedBytes !== (expectedBytes ?? copiedBytes)) {
    throw otherSize(`${copiedBytes} bytes, not the ${expectedBytes} that were dumped`);
  }
  for (const piece of held) await write(sink, piece);
  return copiedBytes;
}

function otherSize(what: string): ArchiveError {
  return new ArchiveError(`the dump in the archive has ${what}`);
}

async function write(sink: Writable, chunk: Buffer): Promise<void> {
  if (sink.destroyed || sink.errored) throw new ProgramError('the program that reads the dump stopped reading');
  if (!sink.write(chunk)) await readyAgain(sink);
}

/** Resolves when the sink has room again or its reader is gone; the next write tells which. */
async function readyAgain(sink: Writable): Promise<void> {
  await new Promise<void>((resolve) => {
    const events = ['drain', 'close', 'error'] as const;
    const done = () => {
      for (const event of events) sink.off(event, done);
      resolve();
    };
    for (const event of events) sink.on(event, done);
  });
}
