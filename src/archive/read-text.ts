import { Secret } from '../core/secret.ts';
import { ArchiveError } from '../core/errors.ts';
import { textOf } from '../system/lossless-text.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { openEntry } from './open-entry.ts';
import { unreadableArchive } from './password-failure.ts';

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
