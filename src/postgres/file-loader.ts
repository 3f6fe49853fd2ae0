import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { loadFile, type Loader, type LoadRequest } from './load-dump.ts';

/**
 * A loader that keeps the dump in a file first: pg_restore's jobs each read their own part of it, and rows that are to
 * come in another order than they stand there have to be looked for.
 */
export function fileLoader(request: LoadRequest, path: string, jobs: number): Loader {
  const input = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  const written = finished(input);
  written.catch(() => {});
  return {
    input,
    commit: async () => {
      input.end();
      await written;
      await loadFile(request, path, jobs);
    },
    abandon: async () => {
      input.destroy();
      await written.catch(() => {});
      return undefined;
    },
  };
}
