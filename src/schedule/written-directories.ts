import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The directories that a run may write to, each once. One that is not there yet is made by the first run, which needs to
 * write to the next directory above it.
 */
export function writtenDirectories(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => (existsSync(path) ? [path] : [path, existingAbove(path)])))].filter(
    (path) => path !== '/',
  );
}

function existingAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) ? above : existingAbove(above);
}
