import type { ArchiveLocation } from './list-archive.ts';
import { openEntry } from './open-entry.ts';

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
