import type { Checksum } from '../../core/backup-record.ts';
import type { GrowingFile, PutOptions, Storage, StoredObject } from '../storage.ts';

/** The writer's end of an upload: what it tells of an archive on its way to storage. */
interface BegunUpload {
  /** Aborted, with the reason, when storage cannot take the archive in any way. */
  givenUp: AbortSignal;
  /** The last byte is written. Only the first part waits for the judgment then. */
  written(sizeBytes: number): void;
  /** The archive is complete and good. Resolves when storage has all of it. */
  complete(sizeBytes: number, info: PutOptions['info']): Promise<StoredObject & Checksum>;
  /** Nothing comes of it. Resolves when storage has let go of it. */
  abandon(reason: unknown): Promise<void>;
}

/** Stores an archive while it is written where storage can; elsewhere once it is complete. */
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
      written: () => {},
      complete: (sizeBytes, info) =>
        storage.put(name, { path, sizeBytes }, { ...options, info: { ...options.info, ...info } }),
      abandon: () => Promise.resolve(),
    };
  }
  const written = deferred<number>();
  const whole = deferred<{ sizeBytes: number; info: PutOptions['info'] }>();
  const file = { path, written: written.promise, whole: whole.promise, ...(room === undefined ? {} : { room }) };
  const stored = storage.putGrowing(name, file, options);
  stored.catch((error: unknown) => failure.abort(error));
  return {
    givenUp: failure.signal,
    written: written.resolve,
    complete: async (sizeBytes, info) => {
      whole.resolve({ sizeBytes, info });
      return await stored;
    },
    abandon: async (reason) => {
      whole.reject(reason);
      written.reject(reason);
      await stored.catch(() => {});
    },
  };
}

/** Promise.withResolvers, which Node 20 lacks. A rejection that nothing waits for does not end pgbak. */
export function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
