import { dirname } from 'node:path';
import type { Context } from '../core/context.ts';
import { SMALLEST_LIMIT_BYTES } from '../server/environment.ts';
import { sevenZipEnvironment } from '../server/programs.ts';
import type { Room } from '../storage/storage.ts';
import { openDiskRoom } from '../system/disk-room.ts';

/** Opens the disk room of an archive that is being written; undefined where the disk cannot free parts of a file. */
export type OpenRoom = (archivePath: string) => Promise<Omit<Room, 'hold'> | undefined>;

/**
 * Opens the room of one archive after another. `jobs` archives that are written at once share `PGBAK_TMP_LIMIT`. It
 * reports once that a disk frees nothing, for good or at the moment.
 */
export function roomOpener(jobs: number, { environment, signal, report }: Context): OpenRoom {
  const limitBytes = Math.max(environment.temporaryLimitBytes / jobs, SMALLEST_LIMIT_BYTES);
  const told = new Set<string>();
  const tellOnce = (kind: string, message: string) => {
    if (!told.has(kind)) report({ type: 'note', message });
    told.add(kind);
  };
  return async (archivePath) => {
    const room = await openDiskRoom(archivePath, sevenZipEnvironment(environment), signal);
    const place = dirname(dirname(archivePath));
    if (typeof room === 'string') {
      tellOnce('all', `the temporary directory ${place} needs room for each whole archive: ${room}`);
      return undefined;
    }
    return {
      ...room,
      limitBytes,
      release: (startByte, sizeBytes) =>
        room.release(startByte, sizeBytes).catch((error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof Error)
            tellOnce('now', `the temporary directory ${place}: ${error.message}. pgbak tries again`);
          throw error;
        }),
    };
  };
}
