import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, errorCode } from '../core/errors.ts';

/**
 * Makes a directory, and those above it that are missing. Node's own way of doing that never ends where the system says of a new
 * directory that the one above it is missing though it is there: below /proc.
 *
 * @throws ConfigError where a link leads nowhere or a file system takes no directories, else the system's error with its code
 */
export function makeDirectory(path: string, mode: number): void {
  const missing: string[] = [];
  for (let above = path; !isDirectory(above); above = dirname(above)) missing.unshift(above);
  for (const directory of missing) {
    try {
      mkdirSync(directory, { mode });
    } catch (error) {
      // Another process may have made it. A link that leads nowhere is a name that exists, too.
      if (errorCode(error) === 'EEXIST' && isDirectory(directory)) continue;
      throw errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT' ? notMade(path, directory) : error;
    }
  }
}

function isDirectory(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return dirname(path) === path;
  if (stats.isDirectory()) return true;
  throw Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR', path });
}

function notMade(path: string, directory: string): ConfigError {
  const isLink = lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  const reason = isLink
    ? `${directory === path ? 'it' : directory} is a symbolic link that leads nowhere`
    : `the file system of ${dirname(directory)} takes no new directories`;
  return new ConfigError(
    `the directory ${path} cannot be made: ${reason}`,
    isLink ? 'Correct the path or the link; is the disk mounted that it leads to?' : 'Choose another directory.',
  );
}
