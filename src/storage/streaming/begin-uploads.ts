import type { Checksum } from '../../core/backup-record.ts';
import type { PutOptions, Room, Storage, StoredObject } from '../storage.ts';
import { beginUpload } from './begin-upload.ts';
import { shareRoom } from './share-room.ts';

/** How one place took an archive. */
export type CopyOutcome = { storage: Storage } & (
  | { is: 'stored'; object: StoredObject & Checksum }
  /** The place takes only whole archives, and parts of this one were not on the disk any more. It wants a copy of another. */
  | { is: 'left' }
  | { is: 'failed'; error: unknown }
);

/** The writer's end of the uploads of one archive to several places. */
interface BegunUploads {
  /** Aborted, with the reason of the first, when none of the places can take the archive. */
  givenUp: AbortSignal;
  /** The last byte is written. Only the first parts wait for the judgment then. */
  written(sizeBytes: number): void;
  /** The archive is complete and good. Resolves when each place has all of it or has failed, in the order of the places. */
  complete(sizeBytes: number, info: PutOptions['info']): Promise<CopyOutcome[]>;
  /** Nothing comes of it. Resolves when all places have let go of it. */
  abandon(reason: unknown): Promise<void>;
}

interface File {
  path: string;
  room: () => Promise<Room | undefined>;
}

/**
 * Stores one archive in several places at once. Each that can takes it while it is written. A place that fails is dropped, and
 * the others go on.
 */
export function beginUploads(
  storages: readonly Storage[],
  name: string,
  { path, room }: File,
  options: Omit<PutOptions, 'onProgress'> & { onProgress: (sentBytes: number) => void },
): BegunUploads {
  const growing = storages.filter((storage) => storage.putGrowing !== undefined);
  const shared = shareRoom(room, growing.length);
  const sent = new Map<Storage, number>(storages.map((storage) => [storage, 0]));
  const uploads = storages.map((storage) => {
    const number = growing.indexOf(storage);
    const file = number === -1 ? { path } : { path, room: async () => await shared.open(number) };
    const onProgress = (sentBytes: number) => {
      sent.set(storage, sentBytes);
      // The slowest place is what a person waits for.
      options.onProgress(Math.min(...sent.values()));
    };
    const upload = beginUpload(storage, name, file, { ...options, onProgress });
    const leave = () => {
      sent.delete(storage);
      if (number !== -1) shared.leave(number);
    };
    upload.givenUp.addEventListener('abort', leave, { once: true });
    return { storage, upload, leave };
  });
  const failure = new AbortController();
  const onGivenUp = () => {
    if (uploads.every(({ upload }) => upload.givenUp.aborted)) failure.abort(uploads[0]?.upload.givenUp.reason);
  };
  for (const { upload } of uploads) upload.givenUp.addEventListener('abort', onGivenUp);

  return {
    givenUp: failure.signal,
    written: (sizeBytes) => {
      for (const { upload } of uploads) upload.written(sizeBytes);
    },
    complete: async (sizeBytes, info) => {
      // From here on the file grows no more, so it may as well stay for the places that want all of it.
      const isWhole = growing.length === storages.length || shared.keep();
      return await Promise.all(
        uploads.map(async ({ storage, upload, leave }): Promise<CopyOutcome> => {
          if (storage.putGrowing === undefined && !isWhole) return { is: 'left', storage };
          try {
            return { is: 'stored', storage, object: await upload.complete(sizeBytes, info) };
          } catch (error) {
            return { is: 'failed', storage, error };
          } finally {
            leave();
          }
        }),
      );
    },
    abandon: async (reason) => {
      await Promise.all(uploads.map(async ({ upload }) => await upload.abandon(reason)));
    },
  };
}
