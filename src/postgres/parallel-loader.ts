import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { loadInParallel, type Loader, type LoadRequest } from './load-dump.ts';

/** A loader that keeps the dump in a file first, because pg_restore's jobs each read their own part of it. */
export function parallelLoader(request: LoadRequest, path: string, jobs: number): Loader {
  const input = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  const written = finished(input);
  written.catch(() => {});
  return {
    input,
    commit: async () => {
      input.end();
      await written;
      await loadInParallel(request, path, jobs);
    },
    abandon: async () => {
      input.destroy();
      await written.catch(() => {});
      return undefined;
    },
  };
}
