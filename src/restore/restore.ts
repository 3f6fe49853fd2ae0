import { existsSync } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ServerRecord } from '../config/server.ts';
import type { Secret } from '../config/secret.ts';
import { ConfigError, errorCode } from '../errors.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { RestorePoint } from './choose-point.ts';
import { load, withDump, type HandOverTools } from './hand-over.ts';

export interface RestoreTools extends HandOverTools {
  say: (message: string) => void;
}

/** Where a dump goes. */
export type Target =
  { kind: 'file'; path: string } | { kind: 'database'; label: string; openLoader: () => Promise<Loader> };

export interface RestoreRequest {
  server: ServerRecord;
  point: RestorePoint;
  password: Secret | undefined;
  target: Target;
}

/**
 * Brings a restore point back: fetched whole and compared with what the catalogue remembers, then opened and handed
 * over. A target is changed only once 7-Zip has ended well and the dump was seen to be whole; otherwise it is as before.
 */
export async function restore(request: RestoreRequest, tools: RestoreTools): Promise<{ dumpBytes: number }> {
  try {
    return await bringBack(request, tools);
  } catch (error) {
    // A signal ends the programs too, and whichever of them is noticed first is not why.
    tools.signal.throwIfAborted();
    throw error;
  }
}

async function bringBack(request: RestoreRequest, tools: RestoreTools): Promise<{ dumpBytes: number }> {
  const { server, point, password, target } = request;
  tools.say(`fetching ${point.objectName} of ${point.startedAt.toISOString()} from ${point.place}`);
  const dumpBytes = await withDump(server, point, password, tools, async (copyTo) => {
    if (target.kind === 'file') {
      tools.say(`writing ${target.path}`);
      return await writeFile(target.path, copyTo);
    }
    tools.say(`loading into ${target.label}`);
    return await load(await target.openLoader(), copyTo);
  });
  return { dumpBytes };
}

/** The file gets its name when it is whole, and never takes another's place. */
async function writeFile(path: string, copyTo: (sink: Writable) => Promise<number>): Promise<number> {
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
