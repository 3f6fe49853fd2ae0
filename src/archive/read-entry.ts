import type { Readable } from 'node:stream';
import { ArchiveError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { textOf } from '../system/lossless-text.ts';
import { type Ending, startProgram } from '../system/programs.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { sevenZipCommand } from './seven-zip-command.ts';
import { unreadableArchive, wasEnded } from './seven-zip-failure.ts';

export interface OpenEntry extends AsyncDisposable {
  /** What is in the archive, as it is decompressed. Its end proves nothing until `ended` says exit code 0. */
  stream: Readable;
  /** How 7-Zip ended; where it ended well and zstd did not, how that did. */
  ended: Promise<Ending>;
}

/**
 * Decompresses one entry of an archive as a stream, also what zstd has compressed. A name that it does not hold gives
 * nothing. Disposing ends the programs, whether all was read or not.
 */
export function openEntry(location: ArchiveLocation, entryName: string): OpenEntry {
  const { sevenZip, environment, archivePath, password, signal } = location;
  // Behind `-i!` no name is a pattern or the name of a list, by `-spd` and by its place.
  const words = ['x', '-t7z', '-so', '-spd', `-i!${entryName}`, '--', archivePath] as const;
  const command = sevenZipCommand(sevenZip, environment, words, password);
  const unpacker = entryName.endsWith('.zst') ? startUnpacker(location, entryName) : undefined;
  const program = startProgram(command, { stdin: 'pipe', stdout: unpacker?.stdin ?? 'pipe', signal });
  // 7-Zip holds that pipe now, and its end has to be the only one.
  unpacker?.stdin?.destroy();
  const stream = unpacker === undefined ? program.stdout : unpacker.stdout;
  if (program.stdin === undefined || stream === undefined) throw new Error('7-Zip was started without pipes');
  program.stdin.end(password === undefined ? '' : `${password.reveal()}\n`);
  return {
    stream,
    ended: endingOf(program.ended, unpacker?.ended),
    [Symbol.asyncDispose]: async () => {
      stream.destroy();
      await Promise.all([program.stop(), unpacker?.stop()]);
    },
  };
}

function startUnpacker({ zstd, signal }: ArchiveLocation, entryName: string) {
  if (zstd === undefined) throw new ArchiveError(`${entryName} takes zstd to open`, 'Install it: apt install zstd');
  return startProgram(zstd.decompress(), { stdin: 'pipe', stdout: 'pipe', signal });
}

async function endingOf(sevenZip: Promise<Ending>, zstd: Promise<Ending> | undefined): Promise<Ending> {
  const [first, second] = await Promise.all([sevenZip, zstd]);
  // A zstd that somebody ended takes 7-Zip with it through the broken pipe.
  return second !== undefined && (first.exitCode === 0 || wasEnded(second)) ? second : first;
}

/** The first `bytes` of an entry, or all that can be read of it: what is wrong with the rest is found when that is read. */
export async function readHead(location: ArchiveLocation, entryName: string, bytes: number): Promise<Buffer> {
  await using entry = openEntry(location, entryName);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of entry.stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

/**
 * The whole of a small entry as text that keeps every byte (`textOf`). What its header says of its size is not believed: a few kilobytes can unpack to
 * gigabytes.
 *
 * @throws ArchiveError when it holds more than `limitBytes`, or cannot be read
 */
export async function readText(location: ArchiveLocation, entryName: string, limitBytes: number): Promise<Secret> {
  await using entry = openEntry(location, entryName);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of entry.stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) {
      throw new ArchiveError(`${entryName} in the archive unpacks to more than ${limitBytes} bytes, and is not read`);
    }
    chunks.push(chunk);
  }
  const ending = await entry.ended;
  location.signal.throwIfAborted();
  if (ending.exitCode !== 0) {
    throw unreadableArchive(`${entryName} in the archive cannot be read`, ending, location.password);
  }
  return new Secret(textOf(Buffer.concat(chunks)));
}
