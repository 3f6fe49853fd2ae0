import { statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

/** The file that stands where a directory should be: at a path, or above it. Undefined where there is none. */
export function fileInPath(path: string): string | undefined {
  const stats = look(path);
  if (stats !== undefined) return stats.isDirectory() ? undefined : path;
  return path === dirname(path) ? undefined : fileInPath(dirname(path));
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // Below a file nothing can be looked at.
    return undefined;
  }
}
