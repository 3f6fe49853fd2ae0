import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { StorageError } from '../../core/errors.ts';
import type { ArchiveFile } from '../storage.ts';
import type { RcloneClient } from './client.ts';
import { openDownload } from './download.ts';
import { statAt, statOf } from './questions.ts';
import type { Sent } from './upload.ts';

/** The kind of hash to ask for: one that is computed here, else any that rclone can compute of a local file as well. */
export function hashToCompare(kinds: readonly string[]): string | undefined {
  const known = kinds.filter((kind) => kind !== 'none');
  return OWN_KINDS.find((kind) => known.includes(kind)) ?? known[0];
}

const OWN_KINDS = ['sha256', 'sha1', 'md5'] as const;

interface Comparison {
  hash: string | undefined;
  sums: Sent;
  file: ArchiveFile;
  /** Where the remote tells no hash, read the archive back. */
  readsBack: boolean;
  signal: AbortSignal;
}

/**
 * Asks the remote what it has, and compares size and hash with the archive. rclone's exit status alone proves nothing.
 *
 * @throws StorageError where they differ
 */
export async function compareStored(client: RcloneClient, target: string, comparison: Comparison): Promise<void> {
  const { hash, file, signal, sums, readsBack } = comparison;
  const stored = await statAt(client, target, signal, { hash, ofBytes: file.sizeBytes });
  if (stored === undefined) throw different(client, 'nothing, though rclone reported success');
  if (stored.sizeBytes !== file.sizeBytes) {
    throw different(client, `${stored.sizeBytes} bytes instead of ${file.sizeBytes}`);
  }
  if (hash !== undefined && stored.hash !== undefined) {
    const expected = await expectedHash(client, hash, comparison);
    if (expected !== undefined && expected !== stored.hash)
      throw different(client, `something with the ${hash} ${stored.hash} instead of ${expected}`);
    if (expected !== undefined) return;
  }
  if (!readsBack) return;
  const sha256 = createHash('sha256');
  await pipeline(await openDownload(client, target, signal), sha256, { signal });
  const read = sha256.digest('hex');
  if (read !== sums.sha256) throw different(client, `something with the sha256 ${read} instead of ${sums.sha256}`);
}

async function expectedHash(client: RcloneClient, hash: string, { sums, file, signal }: Comparison) {
  const own = OWN_KINDS.find((kind) => kind === hash);
  if (own !== undefined) return sums[own];
  return (await statOf(client, file.path, signal, { hash, ofBytes: file.sizeBytes }))?.hash;
}

function different(client: RcloneClient, what: string): StorageError {
  return new StorageError(
    `the remote "${client.remote}" holds something else than the archive: ${what}`,
    'It was removed again. Check the disk and the memory of the remote, and run again: pgbak run --force',
  );
}
