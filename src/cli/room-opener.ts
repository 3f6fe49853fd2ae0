import { dirname } from 'node:path';
import type { Tools } from '../backup/tools.ts';
import { sevenZipEnvironment } from './open-programs.ts';

/**
 * Opens the room of one archive after another, each of which may take `limitBytes`. That the disk cannot give any of it
 * back is noted once.
 */
export function roomOpener(
  limitBytes: number,
  { signal, report }: Pick<Tools, 'signal' | 'report'>,
): Tools['openRoom'] {
  let isNoted = false;
  return async (archivePath) => {
    const { openDiskRoom } = await import('../system/disk-room.ts');
    const room = await openDiskRoom(archivePath, sevenZipEnvironment(process.env), signal);
    if (typeof room !== 'string') return { ...room, limitBytes };
    const place = dirname(dirname(archivePath));
    if (!isNoted) report({ type: 'note', message: `${place} has to hold each archive as a whole: ${room}` });
    isNoted = true;
    return undefined;
  };
}
