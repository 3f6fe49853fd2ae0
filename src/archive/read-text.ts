import { Secret } from '../config/secret.ts';
import { ArchiveError } from '../errors.ts';
import { listArchive, type ArchiveLocation } from './list-archive.ts';
import { openEntry } from './open-entry.ts';
import { sevenZipComplaint } from './seven-zip-command.ts';

/** The whole of a small entry as text, or undefined where the archive has none of that name. */
export async function readText(location: ArchiveLocation, entryName: string): Promise<Secret | undefined> {
  const entries = await listArchive(location);
  if (!entries.some(({ path }) => path === entryName)) return undefined;
  await using entry = openEntry(location, entryName);
  const chunks: Buffer[] = [];
  for await (const chunk of entry.stream) chunks.push(Buffer.from(chunk));
  const { exitCode, stderrTail } = await entry.ended;
  location.signal.throwIfAborted();
  if (exitCode !== 0) {
    throw new ArchiveError(`${entryName} in the archive cannot be read: ${sevenZipComplaint(stderrTail)}`);
  }
  return new Secret(Buffer.concat(chunks).toString('utf8'));
}
