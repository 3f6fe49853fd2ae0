import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { startThroughScript } from './load-binary.ts';
import { loadInParallel } from './load-parallel.ts';
import { startScript } from './load-script.ts';
import type { Loader, LoadRequest } from './loader.ts';

/**
 * Starts what loads a dump in one transaction. Of a binary dump pg_restore makes the script
 * (https://www.postgresql.org/docs/current/app-pgrestore.html) that a plain dump is already, so that for both the
 * transaction is pgbak's own: with `emptyFirst` it has more in it than pg_restore knows of, and where the connection is
 * lost at its end pgbak can find out what became of it.
 */
export function startLoader(request: LoadRequest): Loader {
  return request.format === 'sql' ? startScript(request) : startThroughScript(request);
}

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

/**
 * Loads a binary dump from a file: over one connection in one transaction, or over several at once, which one transaction
 * cannot span.
 */
async function loadFile(request: LoadRequest, path: string, jobs: number): Promise<void> {
  if (jobs > 1) await loadInParallel(request, path, jobs);
  else await commitOrAbandon(startThroughScript(request, path));
}

/** Where psql gave up, pg_restore only complains of a broken pipe: psql's own reason counts. */
async function commitOrAbandon(loader: Loader): Promise<void> {
  try {
    await loader.commit();
  } catch (error) {
    throw (await loader.abandon()) ?? error;
  }
}
