import { access, constants, lstat, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { ConfigError, errorCode, PgbakError, ProgramError } from '../core/errors.ts';
import { publishFile } from '../system/publish-file.ts';
import type { OpenArchive } from './open-archive.ts';
import { partialPathOf, removeLeftPartials } from './partial-file.ts';

/**
 * Looks, before anything is fetched, whether a new file could be made there, and removes what a killed restore to it
 * left. A `ConfigError` where something stands there already or this user may not write.
 */
export async function prepareFile(path: string, say: (message: string) => void): Promise<void> {
  try {
    if ((await kindAt(path)) !== undefined) throw taken(path);
    await access(dirname(path), constants.W_OK | constants.X_OK);
    for (const left of await removeLeftPartials(path)) say(`removed ${left}, which an interrupted restore left`);
  } catch (error) {
    throw inWords(path, error);
  }
}

/** Writes a dump to a new file, which gets its name when it is whole and never takes another's place. */
export async function writeFile(path: string, { copyTo }: OpenArchive): Promise<number> {
  try {
    const partial = await partialPathOf(path);
    const handle = await open(partial, 'wx', 0o600);
    try {
      // Flushed, since only then is what gets the name there after a power cut as well.
      const file = handle.createWriteStream({ flush: true });
      const written = finished(file);
      written.catch(() => {});
      const dumpBytes = await copyTo(file).catch((error: unknown) => {
        // The reason is why the reader stopped, not the broken pipe that follows.
        throw file.errored ?? error;
      });
      file.end();
      await written;
      await publishFile(partial, (attempt) => {
        if (attempt > 1) throw taken(path);
        return path;
      });
      return dumpBytes;
    } finally {
      await handle.close().catch(() => {});
      await rm(partial, { force: true });
    }
  } catch (error) {
    throw inWords(path, error);
  }
}

/** What stands there, be it a link that leads nowhere. */
async function kindAt(path: string) {
  return await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

function taken(path: string): ConfigError {
  return new ConfigError(`${path} is there already`, 'Name another file: --output');
}

function inWords(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof PgbakError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new ProgramError(
      `${path} could not be written: ${code === 'ENOSPC' ? 'its file system is full' : `there is no room for it (${code})`}`,
      'The unfinished file was removed. Free some space there, or name a file elsewhere: --output',
    );
  }
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such directory',
    ENOTDIR: 'a part of the path is a file',
    EACCES: 'this user may not',
    EPERM: 'this user may not',
    EROFS: 'its file system is read-only',
  };
  return /^E[A-Z]+$/.test(code) ? new ConfigError(`${path} cannot be written: ${reasons[code] ?? code}`) : error;
}
