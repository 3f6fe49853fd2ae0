import { archiveIsGone, StorageError } from '../../core/errors.ts';
import { within } from '../../system/clock.ts';
import type { Slots } from '../../system/concurrency.ts';
import { posix } from 'node:path';
import { CATALOG_FACT, type ArchiveFile, type PutOptions, type StoredObject } from '../storage.ts';
import type { Sums } from '../../core/backup-record.ts';
import { SIDECAR } from '../sidecar-text.ts';
import { partialNameOf, versionNameOf } from '../version-names.ts';
import { ANSWER_WITHIN_MS, type RcloneClient } from './client.ts';
import { compareStored, hashToCompare } from './compare.ts';
import { folderOf, listFiles, thereOf, type RemoteFeatures } from './questions.ts';
import { removeFiles } from './remove.ts';
import { writeSidecar } from './sidecars.ts';
import { checkSameSize, sumsOf, uploadFile, type Sent } from './upload.ts';

export interface PutSurroundings {
  client: RcloneClient;
  owner: string;
  features: RemoteFeatures;
  /** Names are chosen one after another: two backups of one second are two versions. */
  naming: Slots;
  readsBack: boolean;
}

/** What may lie on the remote, unfinished. */
interface Left {
  uploaded?: string;
  sidecar?: string;
  published?: string;
}

/** How long is cleaned up after a failure, or after an interruption. */
const CLEAN_UP_WITHIN_MS = 60_000;

/**
 * Stores an archive: uploaded under a hidden name, compared, and only then given its own by the remote. Where a remote of
 * buckets shows nothing unfinished, it is uploaded under its own name at once. The sidecar comes first and so holds the name.
 */
export async function putArchive(
  name: string,
  file: ArchiveFile,
  options: PutOptions,
  surroundings: PutSurroundings,
): Promise<StoredObject & Sums> {
  const { client, owner, features, readsBack } = surroundings;
  const { signal, onProgress } = options;
  const hash = hashToCompare(features.hashes);
  const isComparedLater = hash !== undefined;
  const left: Left = {};
  try {
    await checkSameSize(file);
    const upload = async (target: string) => {
      left.uploaded = target;
      await uploadFile(client, file, target, { signal, onProgress: onProgress ?? (() => {}), isComparedLater });
    };
    const finish = async (target: string, sums: Sent) => {
      onProgress?.(file.sizeBytes);
      signal.throwIfAborted();
      await checkSameSize(file);
      await compareStored(client, target, { hash, sums, file, readsBack, signal });
    };
    let sums: Sent;
    let id: string;
    if (features.publishing === 'atomic') {
      sums = await sumsOf(file, signal);
      id = await claimName(name, sums, options, surroundings, left);
      await upload(id);
      await finish(id, sums);
    } else {
      const partial = partialNameOf(name, owner);
      sums = await sumsAndUpload(file, signal, () => upload(partial));
      await finish(partial, sums);
      id = await claimName(name, sums, options, surroundings, left);
      left.published = id;
      await publish(client, partial, id, file, signal);
      if (features.publishing === 'copy') await compareStored(client, id, { hash, sums, file, readsBack, signal });
    }
    const { sha1, sha256 } = sums;
    return { name, id, sizeBytes: file.sizeBytes, sha1, sha256, storedAt: options.startedAt };
  } catch (error) {
    await discard(client, left, options.onUnsettled);
    signal.throwIfAborted();
    throw archiveIsGone(error, file.path) ?? error;
  }
}

/** Both read the archive, from the memory of the machine rather than from its disk. Neither goes on without the other. */
async function sumsAndUpload(file: ArchiveFile, signal: AbortSignal, upload: () => Promise<void>): Promise<Sent> {
  const [sums, uploaded] = await Promise.allSettled([sumsOf(file, signal), upload()]);
  if (sums.status === 'rejected') throw sums.reason;
  if (uploaded.status === 'rejected') throw uploaded.reason;
  return sums.value;
}

/** Chooses a name that nothing has, and takes it by writing the sidecar. */
async function claimName(
  name: string,
  { sha256 }: Sent,
  options: PutOptions,
  { client, owner, naming }: PutSurroundings,
  left: Left,
): Promise<string> {
  const { signal, startedAt } = options;
  const note = (await options.noteSum?.(sha256)) ?? `sha256:${sha256}`;
  using _slot = await naming.take(signal);
  const start = posix.basename(versionNameOf(name, startedAt, 1)).replace(/(\.[a-z]+\.7z)?$/, '');
  const files = (await listFiles(client, folderOf(name), start, { isDeep: false, signal })) ?? [];
  const taken = new Set(files.map(({ path }) => path));
  for (let attempt = 1; ; attempt += 1) {
    const id = versionNameOf(name, startedAt, attempt);
    if (taken.has(id) || taken.has(id + SIDECAR)) continue;
    left.sidecar = id + SIDECAR;
    await writeSidecar(client, id, { note, info: { ...options.info, [CATALOG_FACT]: owner } }, signal);
    return id;
  }
}

/**
 * Gives the uploaded archive its name. An answer may be lost after all was done, so what is there decides. Never replaces a
 * file: then the name stays with it, and the archive under its hidden one.
 */
async function publish(
  client: RcloneClient,
  partial: string,
  id: string,
  file: ArchiveFile,
  signal: AbortSignal,
): Promise<void> {
  const words = ['moveto', '--ignore-existing', client.at(partial), client.at(id)];
  const failure = await client
    .ask(words, { signal, timeoutMs: ANSWER_WITHIN_MS + file.sizeBytes / SLOWEST_COPY_BYTES_PER_MS })
    .then(() => undefined)
    .catch((error: unknown) => error);
  signal.throwIfAborted();
  const there = await thereOf(client, [id, partial], signal);
  if (there.get(id)?.sizeBytes === file.sizeBytes && !there.has(partial)) return;
  throw (
    failure ??
    new StorageError(
      `the remote "${client.remote}" did not give the archive its name ${id}`,
      'Nothing was stored. Run again: pgbak run --force',
    )
  );
}

const SLOWEST_COPY_BYTES_PER_MS = 5000;

/** Removes what a failed upload may have left; says so where that cannot be known. */
async function discard(client: RcloneClient, left: Left, onUnsettled: (() => void) | undefined): Promise<void> {
  const { uploaded, sidecar, published } = left;
  try {
    await within(CLEAN_UP_WITHIN_MS, async (signal) => {
      const known = [uploaded, published].filter((one) => one !== undefined);
      if (known.length === 0) return;
      const there = await thereOf(client, known, signal);
      // Another host may have taken the name in the same moment. What was moved there is ours.
      const isTaken = published !== undefined && uploaded !== undefined && there.has(uploaded) && there.has(published);
      if (isTaken) onUnsettled?.();
      const ours = isTaken ? [uploaded] : known;
      const rest = sidecar === undefined ? [] : [sidecar];
      await removeFiles(client, [...ours.filter((one) => there.has(one)), ...rest], signal);
    });
  } catch {
    onUnsettled?.();
  }
}
