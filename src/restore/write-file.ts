import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { ConfigError, errorCode } from '../errors.ts';
import type { OpenArchive } from './hand-over.ts';

/** Writes a dump to a new file, which gets its name when it is whole and never takes another's place. */
export async function writeFile(path: string, { copyTo }: OpenArchive): Promise<number> {
  const partial = `${path}.partial`;
  try {
    const handle = await open(partial, 'wx', 0o600);
    try {
      const file = handle.createWriteStream();
      const written = finished(file);
      written.catch(() => {});
      const dumpBytes = await copyTo(file);
      file.end();
      await written;
      await publish(partial, path);
      return dumpBytes;
    } finally {
      await handle.close().catch(() => {});
      await rm(partial, { force: true });
    }
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST')
      throw new ConfigError(`${path} or ${partial} is there already`, 'Name another file: --output');
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw new ConfigError(`${path} cannot be written: ${code}`);
    throw error;
  }
}

async function publish(partial: string, path: string): Promise<void> {
  try {
    await link(partial, path);
  } catch (error) {
    // Where a file system has no links, a look has to do.
    if (errorCode(error) === 'EEXIST' || existsSync(path)) throw error;
    await rename(partial, path);
  }
}
