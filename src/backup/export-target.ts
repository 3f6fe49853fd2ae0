import { existsSync } from 'node:fs';
import { access, constants, lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError, errorCode, PgbakError } from '../core/errors.ts';
import { quoted } from '../core/printable.ts';

/** Checks that a copy of the catalogue can be written to a file that is not there yet. Throws a `ConfigError`. */
export async function checkTarget(file: string): Promise<void> {
  const there = await lstat(file).catch(() => undefined);
  if (there?.isDirectory() === true) {
    const inside = quoted(join(file, 'catalog.sqlite'));
    throw new ConfigError(`${file} is a directory`, `Name a file in it: pgbak catalog export ${inside}`);
  }
  if (there !== undefined) {
    throw new ConfigError(`${file} exists already, and nothing is written over it`, 'Name another file, or remove it.');
  }
  try {
    const above = await stat(dirname(file));
    if (!above.isDirectory()) throw Object.assign(new Error(file), { code: 'ENOTDIR' });
    await access(dirname(file), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotWrite(file, error);
  }
}

/** Why the copy could not be written, in words. Errors that are none of the file system stay as they are. */
export function cannotWrite(file: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof PgbakError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const directory = dirname(file);
  // /proc takes no files, and says that there is none.
  const shown = code === 'ENOENT' && existsSync(directory) ? 'EACCES' : code;
  const [reason, hint] = reasonsFor(directory)[shown] ?? ['the operating system refused it', undefined];
  return new ConfigError(`cannot write ${file}: ${reason}`, hint);
}

function reasonsFor(directory: string): Readonly<Record<string, readonly [string, string?]>> {
  const denied = [
    `this user may not write into ${directory}`,
    'Name a file in a directory of your own, or run as another user.',
  ] as const;
  return {
    ENOENT: [`there is no directory ${directory}`, `Make it first: mkdir -p ${quoted(directory)}`],
    ENOTDIR: [`${directory} is no directory`, 'Name a file in a directory.'],
    EACCES: denied,
    EPERM: denied,
    EROFS: ['its file system is read-only', 'Name a file on another file system.'],
    ENOSPC: ['no space is left there', 'Free some space there, or name a file on another file system.'],
    EDQUOT: ["this user's quota is used up", 'Free some space there, or name a file on another file system.'],
    EEXIST: ['it exists already', 'Name another file.'],
    ENAMETOOLONG: ['the name is too long', 'Name a shorter one.'],
  };
}
