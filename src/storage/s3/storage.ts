import { stat } from 'node:fs/promises';
import { archiveIsGone, DoubtfulUploadError, RefusedError, StorageError } from '../../core/errors.ts';
import { limitTo, type Clock } from '../../system/clock.ts';
import { createSlots, type Slots } from '../../system/concurrency.ts';
import { printPlace } from '../place.ts';
import { ATTEMPTS } from '../retry.ts';
import { SUM_FACT, type ArchiveFile, type PutOptions, type Storage, type StoredObject } from '../storage.ts';
import { cutInParts, hashParts, type HashedPart } from '../streaming/parts.ts';
import { PARTS_IN_FLIGHT, uploadInParts } from '../streaming/send-parts.ts';
import type { RateLimit } from '../streaming/rate-limit.ts';
import { streamUpload } from '../streaming/stream-upload.ts';
import type { S3Account } from './account.ts';
import { openS3Client } from './client.ts';
import { confirmStored, sumOfParts } from './confirm.ts';
import { openDownload } from './download.ts';
import { isDenied, isUnsupported, S3Failure, s3Error } from './failure.ts';
import { commonStart, keysBelow, readKey } from './keys.ts';
import { lifecycleOf } from './lifecycle.ts';
import { abortUnfinished, beginMultipart, probeUpload } from './multipart.ts';
import { newUpload, type Upload } from './new-upload.ts';
import { listBackups, locate, versioningOf, type Versioning } from './objects.ts';
import { removeBackup } from './removal.ts';
import { limitsOf, mayList, refuseWithoutLock } from './rights.ts';
import { uploadSingle } from './upload.ts';

export interface S3Options extends S3Account {
  /** Put before all names, without a slash at its end. */
  prefix?: string | undefined;
  /** The catalogue's id: marks unfinished uploads as its own. */
  owner: string;
  clock: Clock;
  /** How often a call is tried; less often while a person waits. */
  attempts?: number | undefined;
  /** How long nothing may move before a connection is given up. */
  idleMs?: number;
  /** For the uploads of all storages of a process together. */
  slots?: Slots;
  /** The most that all uploads send together. */
  rate?: RateLimit | undefined;
  /** Larger archives are sent in parts of this size. */
  partBytes?: number;
}

const IDLE_MS = 120_000;
const SWEEP_WITHIN_MS = 30_000;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MOST_PARTS = 10_000;
const LEAST_PART_BYTES = 5 * 1024 * 1024;
const PART_BYTES = 32 * 1024 * 1024;

/**
 * Archives in a bucket of any service that speaks S3. Where the bucket keeps versions, each backup is a version of one key;
 * elsewhere it has a key of its own, with a time stamp. Nothing is asked before the first call; the SDK is loaded then.
 */
export function openS3Storage(options: S3Options): Storage {
  const { prefix, owner, clock, attempts, idleMs = IDLE_MS, slots = createSlots(PARTS_IN_FLIGHT), ...more } = options;
  const { partBytes = PART_BYTES, rate, ...account } = more;
  const client = openS3Client({ account, clock, idleMs, attempts });
  const keys = keysBelow(prefix);
  let known: Versioning | undefined;
  const versioning = async (signal: AbortSignal) => (known ??= await versioningOf(client, signal));
  const bucket = `the bucket ${account.bucket}`;

  /** Failures of S3 become words here, so that none of its requests' innards gets out. */
  const guarded = async <T>(what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw s3Error(error, what, client.host);
    }
  };

  const storage: Storage = {
    place: printPlace({ kind: 's3', bucket: account.bucket, ...(prefix === undefined ? {} : { prefix }) }),

    prepare: (name, signal) =>
      guarded(`store ${name} in ${bucket}`, signal, async () => {
        if (account.objectLock !== undefined) await refuseWithoutLock(client, signal);
        await probe(name, signal);
      }),

    check: (name, signal) =>
      guarded(`open ${bucket}`, signal, async () => {
        await versioning(signal);
        await mayList(client, keys.keyOf(commonStart(name)), signal);
        if (account.objectLock !== undefined) await refuseWithoutLock(client, signal);
      }),

    limits: (signal) =>
      guarded(`open ${bucket}`, signal, async () => limitsOf(client, keys, await versioning(signal), signal)),

    lifecycle: (name, signal) =>
      guarded(`open ${bucket}`, signal, async () =>
        lifecycleOf(client, { name, keys, versioning: await versioning(signal) }, signal),
      ),

    probe: (name, signal) => guarded(`upload a test file beside ${name} to S3`, signal, () => probe(name, signal)),

    put: (name, file, putOptions) =>
      guarded(`upload ${name} to S3`, putOptions.signal, () => putWhole(name, file, putOptions)),

    putGrowing: (name, file, putOptions) =>
      guarded(`upload ${name} to S3`, putOptions.signal, async () => {
        let upload: Upload | undefined;
        await using _key = { [Symbol.asyncDispose]: async () => await upload?.[Symbol.asyncDispose]() };
        const stored = await streamUpload<StoredObject>(
          file,
          {
            // An archive that stays small is one upload.
            smallBytes: 2 * LEAST_PART_BYTES,
            minimumPartBytes: LEAST_PART_BYTES,
            attempts: ATTEMPTS,
            begin: async (signal, tries) => {
              const used = (upload ??= await uploadOf(name, putOptions));
              const begun = await beginMultipart({ ...used, attempts: tries }, owner, signal);
              const finish = async (parts: readonly HashedPart[]) => {
                const sizeBytes = parts.reduce((sum, part) => sum + part.sizeBytes, 0);
                const sums = { sizeBytes, sha256: sumOfParts(parts) };
                return objectOf(name, used, await confirmStored(used, await begun.finish(parts), sums));
              };
              return { ...begun, finish };
            },
            sweep: () => sweep(name, putOptions.signal),
            putWhole: async (sizeBytes, info) => {
              await upload?.[Symbol.asyncDispose]();
              upload = undefined;
              const all = { ...putOptions, info: { ...putOptions.info, ...info } };
              return await putWhole(name, { path: file.path, sizeBytes }, all);
            },
            isFinal,
            explain: (error) => {
              const words = s3Error(error, `upload parts of ${name} to S3`, client.host);
              return words instanceof StorageError ? words.message : undefined;
            },
          },
          putOptions,
        );
        return stored;
      }),

    get: (object, signal) =>
      guarded(`download ${object.name} from S3`, signal, () =>
        openDownload(client, locate(object, keys), object.name, signal),
      ),

    sumNoteOf: ({ info }) => Promise.resolve(info?.[SUM_FACT]),

    list: (start, signal) => listObjects(start, signal),

    remove: (object, signal) =>
      guarded(`remove a version of ${object.name} from S3`, signal, async () =>
        removeBackup(client, locate(object, keys), await versioning(signal), signal),
      ),

    sweep: (name, signal) =>
      guarded(`cancel unfinished uploads of ${name} to S3`, signal, () => sweepAll(name, signal)),
  };
  if (wantsEqualParts(account.endpoint)) delete storage.putGrowing;
  return storage;

  async function uploadOf(name: string, put: PutOptions): Promise<Upload> {
    const isVersioned = (await versioning(put.signal)) === 'enabled';
    return await newUpload({ client, keys, owner, idleMs, slots, rate }, { name, isVersioned }, put);
  }

  async function putWhole(name: string, file: ArchiveFile, putOptions: PutOptions) {
    const { signal } = putOptions;
    try {
      await stat(file.path);
      const size = Math.max(partBytes, Math.ceil(file.sizeBytes / MOST_PARTS));
      const { sha1, sha256, parts } = await hashParts(cutInParts(file, size), signal);
      const [only, ...others] = parts;
      if (only === undefined) throw new StorageError('the archive is empty');
      const note = await putOptions.noteSum?.(sha256);
      const info = { ...putOptions.info, ...(note === undefined ? {} : { [SUM_FACT]: note }) };
      await using upload = await uploadOf(name, { ...putOptions, info });
      if (others.length === 0) {
        const stored = await uploadSingle(only, upload);
        const confirmed = await confirmStored(upload, stored, { sizeBytes: file.sizeBytes, sha256: undefined });
        return { ...objectOf(name, upload, confirmed), sha1, sha256 };
      }
      await sweep(name, signal);
      try {
        // The first part last: until then its place holds the mark of this catalogue.
        const begun = await beginMultipart(upload, owner, signal);
        const stored = await uploadInParts([...others, only], begun, upload);
        const confirmed = await confirmStored(upload, stored, { sizeBytes: file.sizeBytes, sha256: undefined });
        return { ...objectOf(name, upload, confirmed), sha1, sha256 };
      } finally {
        if (!signal.aborted) await sweep(name, signal);
      }
    } catch (error) {
      throw archiveIsGone(error, file.path) ?? error;
    }
  }

  function objectOf(name: string, { key, storedAt }: { key: string; storedAt: Date | undefined }, stored: Confirmed) {
    const { versionId, sizeBytes } = stored;
    const isOwnKey = storedAt !== undefined;
    const id = isOwnKey ? key : (versionId ?? 'null');
    return { name, id, sizeBytes, storedAt: storedAt ?? stored.storedAt };
  }

  /** Cancels what answers that were lost have left. */
  async function sweep(name: string, signal: AbortSignal): Promise<void> {
    using limit = limitTo(SWEEP_WITHIN_MS, signal);
    await sweepAll(name, limit.signal).catch(() => {});
    signal.throwIfAborted();
  }

  async function sweepAll(name: string, signal: AbortSignal): Promise<string[]> {
    const nameOf = (key: string) => {
      const file = keys.nameOf(key);
      return file !== undefined && readKey(file).name === name ? name : undefined;
    };
    return await abortUnfinished({ client }, { prefix: keys.keyOf(commonStart(name)), nameOf, owner }, signal);
  }

  async function probe(name: string, signal: AbortSignal): Promise<void> {
    await using upload = await uploadOf(name, { info: {}, signal, startedAt: clock.now() });
    await probeUpload(upload, owner);
  }

  async function* listObjects(start: string, signal: AbortSignal) {
    try {
      yield* listBackups(client, { keys, versioning: await versioning(signal), prefix: start }, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw s3Error(error, start === '' ? `list ${bucket}` : `list ${start} in ${bucket}`, client.host);
    }
  }
}

type Confirmed = Awaited<ReturnType<typeof confirmStored>>;

/** Parts of an archive that grows have several sizes (https://developers.cloudflare.com/r2/objects/multipart-objects/). */
function wantsEqualParts(endpoint: string | undefined): boolean {
  return endpoint !== undefined && new URL(endpoint).hostname.endsWith('.r2.cloudflarestorage.com');
}

/** Whether no other attempt can do better: a key that may not store parts may not store the whole either. */
function isFinal(error: unknown): boolean {
  if (error instanceof RefusedError || error instanceof DoubtfulUploadError) return true;
  return error instanceof S3Failure && (isDenied(error) || isUnsupported(error));
}
