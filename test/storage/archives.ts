import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { ArchiveFile, PutOptions, Storage, StoredObject } from '../../src/storage/storage.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

export const never = new AbortController().signal;

/** An archive of random bytes, made in a folder. */
export function archiveFile(
  folder: TemporaryFolder,
  sizeBytes: number,
): ArchiveFile & { content: Buffer; sha1: string } {
  const content = randomBytes(sizeBytes);
  const path = folder.at(`archive-${sizeBytes}.7z`);
  writeFileSync(path, content);
  return { path, sizeBytes, content, sha1: createHash('sha1').update(content).digest('hex') };
}

export function putOptions(changes: Partial<PutOptions> = {}): PutOptions {
  return {
    signal: never,
    startedAt: new Date('2026-11-23T10:15:00.000Z'),
    info: { 'pgbak-server': 'größe & co', 'pgbak-started-at': '2026-11-23T10:15:00.000Z' },
    ...changes,
  };
}

/** All that a storage lists under a prefix. */
export async function listed(storage: Storage, prefix: string): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const object of storage.list(prefix, never)) objects.push(object);
  return objects;
}
