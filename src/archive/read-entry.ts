import type { Readable } from 'node:stream';
import { ArchiveError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { textOf } from '../system/program-output.ts';
import { startProgram, type Ending } from '../system/programs.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { sevenZipCommand } from './seven-zip.ts';
import { readFailure, wasKilled } from './seven-zip-failure.ts';

interface OpenEntry extends AsyncDisposable {
  /** The decompressed entry. Its end proves nothing until `ended` says exit code 0. */
  stream: Readable;
  /** How 7-Zip ended; where 7-Zip succeeded and zstd failed, how zstd ended. */
  ended: Promise<Ending>;
}

/**
 * Decompresses one entry of an archive as a stream, through zstd where the entry's name ends with `.zst`. An entry that does
 * not exist gives an empty stream. Disposing ends the programs, whether all was read or not.
 */
export function openEntry(location: ArchiveLocation, entryName: string): OpenEntry {
  const { archivePath, password, signal } = location;
  // `-i!` and `-spd` keep 7-Zip from reading the name as a pattern or as the name of a list file.
  const command = sevenZipCommand(location, ['x', '-t7z', '-so', '-spd', `-i!${entryName}`, '--', archivePath]);
  const unpacker = entryName.endsWith('.zst') ? startUnpacker(location, entryName) : undefined;
  const program = startProgram(command, { stdin: 'pipe', stdout: unpacker?.stdin ?? 'pipe', signal });
  // Close our end of the pipe: zstd waits until 7-Zip's is the only one left.
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
  if (zstd === undefined)
    throw new ArchiveError(`zstd is needed to open ${entryName}, and was not found`, 'Install it: apt install zstd');
  return startProgram(zstd.decompress(), { stdin: 'pipe', stdout: 'pipe', signal });
}

async function endingOf(sevenZip: Promise<Ending>, zstd: Promise<Ending> | undefined): Promise<Ending> {
  const [first, second] = await Promise.all([sevenZip, zstd]);
  // A killed zstd takes 7-Zip with it through the broken pipe.
  return second !== undefined && (first.exitCode === 0 || wasKilled(second)) ? second : first;
}

/** The first `bytes` of an entry, or fewer where no more can be read: damage is reported by the full read, not here. */
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
 * All of a small entry, as text that keeps every byte (`textOf`). The size that the archive states is not trusted: a few
 * kilobytes can unpack to gigabytes.
 *
 * @throws ArchiveError when the entry holds more than `limitBytes`, or cannot be read
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
    throw readFailure(`${entryName} in the archive cannot be read`, ending, location.password);
  }
  return new Secret(textOf(Buffer.concat(chunks)));
}
