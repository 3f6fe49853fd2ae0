import { dirname } from 'node:path';
import type { Tools } from './tools.ts';
import { sevenZipEnvironment } from './open-programs.ts';

/**
 * Opens the room of one archive after another, each of which may take `limitBytes`. That the disk cannot give any of it
 * back is noted once, and likewise that it does not at the moment.
 */
export function roomOpener(
  limitBytes: number,
  { signal, report }: Pick<Tools, 'signal' | 'report'>,
): Tools['openRoom'] {
  const told = new Set<string>();
  const once = (kind: string, message: string) => {
    if (!told.has(kind)) report({ type: 'note', message });
    told.add(kind);
  };
  return async (archivePath) => {
    const { openDiskRoom } = await import('../system/disk-room.ts');
    const room = await openDiskRoom(archivePath, sevenZipEnvironment(process.env), signal);
    const place = dirname(dirname(archivePath));
    if (typeof room === 'string') {
      once('all', `${place} has to hold each archive as a whole: ${room}`);
      return undefined;
    }
    return {
      ...room,
      limitBytes,
      release: (startByte, sizeBytes) =>
        room.release(startByte, sizeBytes).catch((error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof Error) once('now', `${place}: ${error.message}; that is tried again`);
          throw error;
        }),
    };
  };
}
