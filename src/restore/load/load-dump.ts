import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { InterruptedError } from '../../core/errors.ts';
import { finished } from 'node:stream/promises';
import { startThroughScript } from './load-binary.ts';
import { loadInParallel } from './load-parallel.ts';
import { startScript } from './load-script.ts';
import type { Loader, LoadRequest } from './loader.ts';

/**
 * Starts the programs that load a dump in one transaction. A plain dump is a script for psql. From a binary dump
 * pg_restore makes such a script (https://www.postgresql.org/docs/current/app-pgrestore.html). So pgbak controls the
 * transaction in both cases: `emptyFirst` can be part of it, and pgbak can ask for its outcome where the connection is
 * lost at the end.
 */
export function startLoader(request: LoadRequest): Loader {
  return request.format === 'sql' ? startScript(request) : startThroughScript(request);
}

/** A loader of a dump that is a directory, whose files are first written to one. */
export async function directoryLoader(request: LoadRequest, path: string, jobs: number): Promise<Loader> {
  await mkdir(path, { mode: 0o700 });
  return {
    input: new Writable({ write: (_chunk, _encoding, done) => done() }),
    unpacksTo: path,
    commit: async () => await loadFile(request, path, jobs),
    abandon: () => Promise.resolve(undefined),
  };
}

/**
 * A loader that first writes the dump to a file. pg_restore needs a file for several jobs, and to load rows in another
 * order than the dump's.
 */
export function fileLoader(request: LoadRequest, path: string, jobs: number): Loader {
  const input = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  const written = finished(input);
  written.catch(() => {});
  return {
    input,
    unpacksTo: path,
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
 * Loads a dump from a file or a directory: over one connection in one transaction, or over several connections, which no single
 * transaction can span.
 */
async function loadFile(request: LoadRequest, path: string, jobs: number): Promise<void> {
  if (jobs > 1) await loadInParallel(request, path, jobs);
  else await commitOrAbandon(startThroughScript(request, path));
}

/** Where psql failed, pg_restore only reports a broken pipe. psql's own reason counts. */
async function commitOrAbandon(loader: Loader): Promise<void> {
  try {
    await loader.commit();
  } catch (error) {
    const reason = await loader.abandon();
    throw error instanceof InterruptedError ? error : (reason ?? error);
  }
}
