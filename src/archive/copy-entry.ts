import type { Writable } from 'node:stream';
import { DUMP_CLOSINGS, DUMP_HEADINGS } from '../config/dump-marks.ts';
import type { Format } from '../config/server.ts';
import { ArchiveError } from '../errors.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { openEntry } from './open-entry.ts';
import { sevenZipComplaint } from './seven-zip-command.ts';

/** Behind the closing line come empty lines and, of recent versions, `\unrestrict`. */
const TAIL_BYTES = 4096;

export interface CopyOptions {
  onProgress?: (copiedBytes: number) => void;
  /** How large the dump was when it was made, where that is known. */
  expectedBytes?: number;
  /** What has to be certain as well before the last piece is written. */
  until?: Promise<void>;
}

/**
 * Writes the dump in an archive to `sink` and returns its size in bytes. Whoever reads it must not take a dump that broke
 * off for a whole one: its last piece is held back until 7-Zip has ended well, since pg_restore commits once it has read
 * all it needs; and the sink is left open, so that only the caller, once this has resolved, may end it.
 *
 * @throws ArchiveError for a wrong password, a damaged archive, or a dump that is not whole
 */
export async function copyEntry(
  location: ArchiveLocation & { entryName: string },
  format: Format,
  sink: Writable,
  { onProgress, expectedBytes, until }: CopyOptions = {},
): Promise<number> {
  await using entry = openEntry(location, location.entryName);
  let copiedBytes = 0;
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  let held: Buffer | undefined;
  for await (const chunk of entry.stream as AsyncIterable<Buffer>) {
    if (head.length < TAIL_BYTES) head = Buffer.concat([head, chunk.subarray(0, TAIL_BYTES)]);
    tail =
      chunk.length >= TAIL_BYTES ? chunk.subarray(-TAIL_BYTES) : Buffer.concat([tail, chunk]).subarray(-TAIL_BYTES);
    copiedBytes += chunk.length;
    if (held !== undefined) await write(sink, held);
    held = chunk;
    onProgress?.(copiedBytes);
  }
  const { exitCode, signal, stderrTail } = await entry.ended;
  location.signal.throwIfAborted();
  if (exitCode !== 0) {
    const words = sevenZipComplaint(stderrTail);
    const hint = /wrong password/i.test(words) ? 'Give the password it was made with: --archive-password' : undefined;
    throw new ArchiveError(
      `the archive cannot be read to its end: ${words}${signal === undefined ? '' : ` (${signal})`}`,
      hint,
    );
  }
  const end = DUMP_CLOSINGS[format];
  const isWhole =
    head.toString('latin1').startsWith(DUMP_HEADINGS[format]) &&
    (end === undefined || tail.toString('latin1').includes(end));
  if (!isWhole) throw new ArchiveError('what is in the archive is no whole dump');
  if (copiedBytes !== (expectedBytes ?? copiedBytes)) {
    throw new ArchiveError(
      `the dump in the archive has ${copiedBytes} bytes, not the ${expectedBytes} that were dumped`,
    );
  }
  await until;
  if (held !== undefined) await write(sink, held);
  return copiedBytes;
}

async function write(sink: Writable, chunk: Buffer): Promise<void> {
  if (sink.destroyed || sink.errored) throw new ArchiveError('whoever reads the dump has stopped');
  if (!sink.write(chunk)) await readyAgain(sink);
}

/** Resolves when there is room again, or when nobody will ever read on: the next write tells which. */
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
