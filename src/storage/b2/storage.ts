import { stat } from 'node:fs/promises';
import { type ArchiveFile, type PutOptions, type Storage, SUM_FACT } from '../storage.ts';
import { archiveIsGone, StorageError } from '../../core/errors.ts';
import { limitTo } from '../../system/clock.ts';
import type { FileVersion } from './answers.ts';
import { checkMayStore, findBucketId, limitsOfKey } from './access.ts';
import { openB2Client, type B2Account } from './client.ts';
import { openDownload } from './download.ts';
import { b2Error, B2Failure } from './failure.ts';
import { uploadGrowing } from './growing.ts';
import { probeUpload } from './probe.ts';
import { cutInSlices, hashSlices, untilItHas } from '../streaming/parts.ts';
import { watchTail } from '../streaming/growing-tail.ts';
import { PARTS_IN_FLIGHT, uploadLarge } from './large-file.ts';
import { cancelUnfinished, listVersions, OWNER_KEY, removeVersion } from './versions.ts';
import { uploadSingle, type B2Upload } from './upload.ts';
import { createSlots, type Slots } from '../../system/concurrency.ts';
import { printPlace } from '../place.ts';
import { ATTEMPTS } from '../retry.ts';

export interface B2Options extends B2Account {
  bucket: string;
  /** The catalogue's id: marks unfinished uploads as its own. */
  owner: string;
  /** How long nothing may move before a connection is given up. */
  idleMs?: number;
  /** For the uploads of all storages of a process together. */
  slots?: Slots;
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
  idleMs = IDLE_MS,
  slots = createSlots(PARTS_IN_FLIGHT),
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
    guarded(`give access to the bucket ${bucket}`, signal, async () => await checkMayStore(client, name, signal));

  return {
    place: printPlace({ kind: 'b2', bucket }),

    prepare: mayStore,
    check: mayStore,

    limits: (signal) =>
      guarded(`give access to the bucket ${bucket}`, signal, async () => await limitsOfKey(client, signal)),

    probe: (name, signal) =>
      guarded(`take a probe beside ${name}`, signal, async (id) => {
        await probeUpload(uploadOf(name, { info: {}, signal, startedAt: new Date() }, id));
      }),

    put: (name, file, options) =>
      guarded(`take the archive ${name}`, options.signal, (id) => putWhole(name, file, options, id)),

    putGrowing: (name, file, options) =>
      guarded(`take the archive ${name}`, options.signal, async (id) => {
        const { signal } = options;
        const { recommendedPartSizeBytes, minimumPartSizeBytes } = await client.session(signal);
        // What ends up small is better off in one piece; what is large should not wait for 100 MB of itself.
        const smallBytes = Math.min(recommendedPartSizeBytes, SMALL_IN_PARTS * minimumPartSizeBytes);
        const { isAll } = await untilItHas(file, smallBytes + 1, signal);
        if (!isAll) {
          const upload = uploadOf(name, options, id);
          await using tail = watchTail(file, await file.room?.());
          const version = await sweeping(upload, () => uploadGrowing(file, minimumPartSizeBytes, tail, upload));
          if (version !== undefined) {
            compare(version, { sizeBytes: (await file.whole).sizeBytes, sha1: undefined });
            const { action: _action, info: _info, ...stored } = version;
            return stored;
          }
          signal.throwIfAborted();
        }
        // Either nothing shall come of the archive, which the next line says, or B2 gets all of it.
        const { sizeBytes, info } = await file.whole;
        return await putWhole(
          name,
          { path: file.path, sizeBytes },
          { ...options, info: { ...options.info, ...info } },
          id,
        );
      }),

    get: (object, signal) =>
      guarded(`give ${object.name}`, signal, () => openDownload(client, object, { idleMs, signal })),

    sumNoteOf: ({ info }) => Promise.resolve(info?.[SUM_FACT]),

    list: (prefix, signal) => listObjects(prefix, signal),

    remove: (object, signal) =>
      guarded(`remove a version of ${object.name}`, signal, () => removeVersion(client, object, signal)),

    sweep: (name, signal) =>
      guarded(`end unfinished uploads of ${name}`, signal, (id) =>
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

  function compare(stored: FileVersion, archive: { sizeBytes: number; sha1: string | undefined }): void {
    const isSame = stored.sizeBytes === archive.sizeBytes && stored.sha1 === (archive.sha1 ?? stored.sha1);
    if (isSame) return;
    throw new StorageError(
      `B2 stored ${stored.sizeBytes} bytes with the SHA-1 ${stored.sha1}, not the archive's ${archive.sizeBytes} with ${archive.sha1}`,
      'Look at that version in the bucket before you trust it.',
    );
  }

  function uploadOf(
    name: string,
    { info, signal, onProgress, onTrouble, onUnsettled }: PutOptions,
    id: string,
  ): B2Upload {
    return {
      client,
      bucketId: id,
      name,
      info: { ...info, [OWNER_KEY]: owner },
      idleMs,
      signal,
      slots,
      attempts: () => ATTEMPTS,
      onProgress: onProgress ?? (() => {}),
      onUnsettled: onUnsettled ?? (() => {}),
      onTrouble: (error, isBegunAnew) => {
        const words = b2Error(error, `take parts of ${name}`, client.host);
        // Another error is why nothing comes of the archive at all.
        if (!(words instanceof StorageError)) return;
        const next = isBegunAnew
          ? 'its upload begins anew'
          : 'it goes up as a whole once it is complete, and has to fit into the temporary directory';
        onTrouble?.(`${words.message}; ${next}`);
      },
    };
  }

  async function prepareUpload(name: string, file: ArchiveFile, options: PutOptions, id: string) {
    const { signal } = options;
    const { recommendedPartSizeBytes } = await client.session(signal);
    const partBytes = Math.max(recommendedPartSizeBytes, Math.ceil(file.sizeBytes / MOST_PARTS));
    const { mtimeMs } = await stat(file.path);
    const { sha1, sha256, slices } = await hashSlices(cutInSlices(file, partBytes), signal);
    const note = await options.noteSum?.(sha256);
    const upload = uploadOf(name, options, id);
    const info = {
      ...upload.info,
      src_last_modified_millis: String(Math.floor(mtimeMs)),
      ...(note === undefined ? {} : { [SUM_FACT]: note }),
    };
    return { sha1, sha256, slices, upload: { ...upload, info } };
  }

  async function send(
    { sha1, slices }: Pick<Awaited<ReturnType<typeof hashSlices>>, 'sha1' | 'slices'>,
    upload: B2Upload,
  ): Promise<FileVersion> {
    const [only, ...others] = slices;
    if (only === undefined) throw new StorageError('the archive is empty');
    if (others.length === 0) return await uploadSingle(only, upload);

    const large = { ...upload, info: { ...upload.info, large_file_sha1: sha1 } };
    return await sweeping(upload, async () => {
      try {
        return await uploadLarge(slices, large);
      } catch (error) {
        // All parts of a file live in one vault; when that one stays full, only another file gets another vault.
        if (!(error instanceof B2Failure && error.status === 503)) throw error;
        return await uploadLarge(slices, large);
      }
    });
  }

  /** Ends unfinished files of that name before and after. */
  async function sweeping<T>(upload: B2Upload, work: () => Promise<T>): Promise<T> {
    const sweep = async () => {
      using limit = limitTo(SWEEP_WITHIN_MS, upload.signal);
      const { signal } = limit;
      await cancelUnfinished(client, upload.bucketId, { name: upload.name, owner }, signal).catch(() => {});
      upload.signal.throwIfAborted();
    };
    await sweep();
    try {
      return await work();
    } finally {
      // An answer to b2_start_large_file that was lost leaves a file whose id is not known.
      if (!upload.signal.aborted) await sweep();
    }
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
      throw b2Error(error, prefix === '' ? 'list the bucket' : `list ${prefix}`, client.host);
    }
  }
}
