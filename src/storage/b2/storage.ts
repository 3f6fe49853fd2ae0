import { stat } from 'node:fs/promises';
import { archiveIsGone, DoubtfulUploadError, RefusedError, StorageError } from '../../core/errors.ts';
import { limitTo } from '../../system/clock.ts';
import { createSlots, type Slots } from '../../system/concurrency.ts';
import { lockedUntil, type ObjectLock } from '../object-lock.ts';
import { printPlace } from '../place.ts';
import { ATTEMPTS } from '../retry.ts';
import { SUM_FACT, type ArchiveFile, type PutOptions, type Storage, type StoredObject } from '../storage.ts';
import { cutInParts, hashParts, type HashedPart } from '../streaming/parts.ts';
import { PARTS_IN_FLIGHT, uploadInParts } from '../streaming/send-parts.ts';
import type { RateLimit } from '../streaming/rate-limit.ts';
import { streamUpload } from '../streaming/stream-upload.ts';
import { type B2Account, checkMayLock, checkMayStore, findBucketId, limitsOfKey, openB2Client } from './client.ts';
import type { FileVersion } from './answers.ts';
import { openDownload } from './download.ts';
import { b2Error, B2Failure } from './failure.ts';
import { beginLargeFile, probeUpload } from './large-file.ts';
import { lifecycleOf } from './lifecycle.ts';
import { uploadSingle, type B2Upload } from './upload.ts';
import { cancelUnfinished, listVersions, OWNER_KEY, removeVersion } from './versions.ts';

export interface B2Options extends B2Account {
  bucket: string;
  /** Forbids to remove what is stored, for a time. */
  objectLock?: ObjectLock | undefined;
  /** The catalogue's id: marks unfinished uploads as its own. */
  owner: string;
  /** How long nothing may move before a connection is given up. */
  idleMs?: number;
  /** For the uploads of all storages of a process together. */
  slots?: Slots;
  /** The most that all uploads send together. */
  rate?: RateLimit | undefined;
}

const IDLE_MS = 120_000;
const SWEEP_WITHIN_MS = 30_000;
const MOST_PARTS = 10_000;
/** Up to 10 MB, as B2's smallest part has 5. */
const SMALL_IN_PARTS = 2;

/**
 * Archives in a Backblaze B2 bucket, each backup a new version of the same file name. Nothing is asked of B2 before the
 * first call; the HTTP client is loaded then.
 */
export function openB2Storage({
  bucket,
  owner,
  objectLock,
  idleMs = IDLE_MS,
  slots = createSlots(PARTS_IN_FLIGHT),
  rate,
  ...account
}: B2Options): Storage {
  const client = openB2Client(account);
  let knownBucketId: string | undefined;
  const bucketId = async (signal: AbortSignal) => (knownBucketId ??= await findBucketId(client, bucket, signal));

  /** Failures of B2 become words here, so that none of its requests' innards gets out. */
  const guarded = async <T>(what: string, signal: AbortSignal, work: (bucketId: string) => Promise<T>): Promise<T> => {
    try {
      return await work(await bucketId(signal));
    } catch (error) {
      signal.throwIfAborted();
      throw b2Error(error, what, client.host);
    }
  };

  const mayStore = (name: string, signal: AbortSignal) =>
    guarded(`open the B2 bucket ${bucket}`, signal, async () => {
      await checkMayStore(client, name, signal);
      if (objectLock !== undefined) await checkMayLock(client, bucket, signal);
    });

  return {
    place: printPlace({ kind: 'b2', bucket }),

    prepare: mayStore,
    check: mayStore,

    limits: (signal) => guarded(`open the B2 bucket ${bucket}`, signal, async () => await limitsOfKey(client, signal)),

    lifecycle: (name, signal) =>
      guarded(`open the B2 bucket ${bucket}`, signal, () => lifecycleOf(client, { bucket, name }, signal)),

    probe: (name, signal) =>
      guarded(`upload a test file beside ${name} to B2`, signal, async (id) => {
        await probeUpload(uploadOf(name, { info: {}, signal, startedAt: new Date() }, id));
      }),

    put: (name, file, options) =>
      guarded(`upload ${name} to B2`, options.signal, (id) => putWhole(name, file, options, id)),

    putGrowing: (name, file, options) =>
      guarded(`upload ${name} to B2`, options.signal, async (id) => {
        const { recommendedPartSizeBytes, minimumPartSizeBytes } = await client.session(options.signal);
        const upload = uploadOf(name, options, id);
        const stored = await streamUpload<StoredObject>(
          file,
          {
            // An archive that stays small is one upload; a large one does not wait for 100 MB of itself.
            smallBytes: Math.min(recommendedPartSizeBytes, SMALL_IN_PARTS * minimumPartSizeBytes),
            minimumPartBytes: minimumPartSizeBytes,
            attempts: ATTEMPTS,
            begin: (signal, attempts) => beginLargeFile({ ...upload, attempts }, signal),
            sweep: () => sweep(upload),
            putWhole: (sizeBytes, info) =>
              putWhole(name, { path: file.path, sizeBytes }, { ...options, info: { ...options.info, ...info } }, id),
            isFinal,
            explain: (error) => {
              const words = b2Error(error, `upload parts of ${name} to B2`, client.host);
              return words instanceof StorageError ? words.message : undefined;
            },
          },
          options,
        );
        compare(stored, { sizeBytes: (await file.whole).sizeBytes, sha1: undefined });
        return stored;
      }),

    get: (object, signal) =>
      guarded(`download ${object.name} from B2`, signal, () => openDownload(client, object, { idleMs, signal })),

    sumNoteOf: ({ info }) => Promise.resolve(info?.[SUM_FACT]),

    list: (prefix, signal) => listObjects(prefix, signal),

    remove: (object, signal) =>
      guarded(`remove a version of ${object.name} from B2`, signal, () =>
        removeVersion(client, object, signal, { isLocking: objectLock !== undefined }),
      ),

    sweep: (name, signal) =>
      guarded(`cancel unfinished uploads of ${name} to B2`, signal, (id) =>
        cancelUnfinished(client, id, { name, owner }, signal),
      ),
  };

  async function putWhole(name: string, file: ArchiveFile, options: PutOptions, id: string) {
    try {
      const { upload, ...hashed } = await prepareUpload(name, file, options, id);
      const stored = await send(hashed, upload);
      compare(stored, { sizeBytes: file.sizeBytes, sha1: hashed.sha1 });
      const { id: fileId, sizeBytes, storedAt } = stored;
      return { name, id: fileId, sizeBytes, sha1: hashed.sha1, sha256: hashed.sha256, storedAt };
    } catch (error) {
      throw archiveIsGone(error, file.path) ?? error;
    }
  }

  function compare(
    stored: Pick<StoredObject, 'sizeBytes' | 'sha1'>,
    archive: { sizeBytes: number; sha1: string | undefined },
  ): void {
    const isSame = stored.sizeBytes === archive.sizeBytes && stored.sha1 === (archive.sha1 ?? stored.sha1);
    if (isSame) return;
    throw new StorageError(
      `B2 stored something else than the archive: ${stored.sizeBytes} bytes with the SHA-1 ${stored.sha1} instead of ${archive.sizeBytes} with ${archive.sha1}`,
      'Do not trust that version. Look at it in the bucket, and run again: pgbak run --force',
    );
  }

  function uploadOf(name: string, { info, signal, onProgress, onUnsettled }: PutOptions, id: string): B2Upload {
    return {
      client,
      bucketId: id,
      name,
      info: { ...info, [OWNER_KEY]: owner },
      retention: objectLock && {
        mode: objectLock.mode,
        retainUntilTimestamp: lockedUntil(objectLock, client.clock.now()).getTime(),
      },
      idleMs,
      signal,
      slots,
      rate,
      attempts: () => ATTEMPTS,
      onProgress: onProgress ?? (() => {}),
      onUnsettled: onUnsettled ?? (() => {}),
    };
  }

  async function prepareUpload(name: string, file: ArchiveFile, options: PutOptions, id: string) {
    const { signal } = options;
    const { recommendedPartSizeBytes } = await client.session(signal);
    const partBytes = Math.max(recommendedPartSizeBytes, Math.ceil(file.sizeBytes / MOST_PARTS));
    const { mtimeMs } = await stat(file.path);
    const { sha1, sha256, parts } = await hashParts(cutInParts(file, partBytes), signal);
    const note = await options.noteSum?.(sha256);
    const upload = uploadOf(name, options, id);
    const info = {
      ...upload.info,
      src_last_modified_millis: String(Math.floor(mtimeMs)),
      ...(note === undefined ? {} : { [SUM_FACT]: note }),
    };
    return { sha1, sha256, parts, upload: { ...upload, info } };
  }

  async function send(
    { sha1, parts }: { sha1: string; parts: readonly HashedPart[] },
    upload: B2Upload,
  ): Promise<FileVersion> {
    const [only, ...others] = parts;
    if (only === undefined) throw new StorageError('the archive is empty');
    if (others.length === 0) return await uploadSingle(only, upload);

    const { signal } = upload;
    const large = { ...upload, info: { ...upload.info, large_file_sha1: sha1 } };
    const sendLarge = async () => await uploadInParts(parts, await beginLargeFile(large, signal), upload);
    await sweep(upload);
    try {
      return await sendLarge();
    } catch (error) {
      // All parts of a file are in one vault. When that stays full, only another file gets another vault.
      if (!(error instanceof B2Failure && error.status === 503)) throw error;
      return await sendLarge();
    } finally {
      if (!signal.aborted) await sweep(upload);
    }
  }

  /** Cancels unfinished files of that name: a lost answer to b2_start_large_file leaves one whose id is not known. */
  async function sweep({ bucketId: id, name, signal }: B2Upload): Promise<void> {
    using limit = limitTo(SWEEP_WITHIN_MS, signal);
    await cancelUnfinished(client, id, { name, owner }, limit.signal).catch(() => {});
    signal.throwIfAborted();
  }

  async function* listObjects(prefix: string, signal: AbortSignal) {
    try {
      const id = await bucketId(signal);
      const { namePrefix } = (await client.session(signal)).allowed;
      // A key that is restricted to a prefix is refused for a shorter one.
      const asked = namePrefix?.startsWith(prefix) === true ? namePrefix : prefix;
      for await (const version of listVersions(client, id, asked, signal)) {
        const { action, ...object } = version;
        if (action === 'upload') yield object;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw b2Error(error, prefix === '' ? 'list the B2 bucket' : `list ${prefix} in the B2 bucket`, client.host);
    }
  }
}

/** Whether no other attempt can do better: a key that may not store parts may not store the whole either. */
function isFinal(error: unknown): boolean {
  if (error instanceof RefusedError || error instanceof DoubtfulUploadError) return true;
  return error instanceof B2Failure && (error.status === 401 || error.status === 403);
}
