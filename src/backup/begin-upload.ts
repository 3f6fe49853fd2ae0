import type { Checksum } from '../config/backup-record.ts';
import type { GrowingFile, PutOptions, Storage, StoredObject } from '../storage/storage.ts';

/** An archive on its way to storage, whose end is not known yet. */
export interface BegunUpload {
  /** Aborted, with the reason, when storage has given up what can be sent by nobody else. */
  givenUp: AbortSignal;
  /** Tells that it is whole and good, and resolves when storage has all of it. */
  complete(sizeBytes: number, info: PutOptions['info']): Promise<StoredObject & Checksum>;
  /** Tells that nothing shall come of it, and resolves when storage has let go of it. */
  abandon(reason: unknown): Promise<void>;
}

/** Stores an archive while it is written, where storage can; elsewhere once it is whole. */
export function beginUpload(
  storage: Storage,
  name: string,
  { path, room }: Pick<GrowingFile, 'path' | 'room'>,
  options: PutOptions,
): BegunUpload {
  const failure = new AbortController();
  if (storage.putGrowing === undefined) {
    return {
      givenUp: failure.signal,
      complete: (sizeBytes, info) =>
        storage.put(name, { path, sizeBytes }, { ...options, info: { ...options.info, ...info } }),
      abandon: () => Promise.resolve(),
    };
  }
  const { promise: whole, resolve, reject } = withResolvers<{ sizeBytes: number; info: PutOptions['info'] }>();
  whole.catch(() => {});
  const stored = storage.putGrowing(name, { path, whole, ...(room === undefined ? {} : { room }) }, options);
  stored.catch((error: unknown) => failure.abort(error));
  return {
    givenUp: failure.signal,
    complete: async (sizeBytes, info) => {
      resolve({ sizeBytes, info });
      return await stored;
    },
    abandon: async (reason) => {
      reject(reason);
      await stored.catch(() => {});
    },
  };
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
