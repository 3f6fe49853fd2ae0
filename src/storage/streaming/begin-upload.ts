import type { Checksum } from '../../core/backup-record.ts';
import type { GrowingFile, PutOptions, Storage, StoredObject } from '../storage.ts';
import { deferred } from './deferred.ts';

/** An archive on its way to storage, whose end is not known yet. */
export interface BegunUpload {
  /** Aborted, with the reason, when storage has given up what cannot be sent in another way. */
  givenUp: AbortSignal;
  /** Tells that its last byte is written, so that only its first part has to wait for what is judged of it. */
  written(sizeBytes: number): void;
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
