import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isSelection, type DumpParts } from './parts/dump-parts.ts';
import type { Format } from '../core/dump-format.ts';
import type { PgbakError } from '../core/errors.ts';
import { startProgram } from '../system/programs.ts';
import type { ClientPrograms } from './client-programs.ts';
import { explainLoadFailure } from './load-failure.ts';
import { loadInParallel } from './load-parallel.ts';
import { lastWords, startScript } from './load-script.ts';
import { partFlags, pgRestore } from './pg-restore.ts';
import type { LeftOut } from './plain-dump/left-out.ts';
import type { Database } from './database.ts';

/** A psql or pg_restore that waits for a dump, in one transaction. */
export interface Loader {
  input: Writable;
  /** Tells it that the dump is whole, and resolves when all of it is committed. */
  commit(): Promise<void>;
  /** Ends it so that nothing is committed; resolves with its own reason where it had given up by itself. */
  abandon(): Promise<PgbakError | undefined>;
}

export interface LoadRequest {
  format: Format;
  database: Database;
  /** Load with these. */
  programs: ClientPrograms;
  /** For a binary dump only. */
  parts?: DumpParts;
  /** Statements of the dump that are not run. */
  leftOut?: LeftOut;
  /** Of a binary dump only what this file lists, for pg_restore's `--use-list`. */
  listPath?: string;
  /** Take everything out of the database first, in the same transaction. */
  emptyFirst?: boolean;
  /** Put all into the tablespace of the database. */
  noTablespaces?: boolean;
  /** How long a statement of the load waits for a lock that another session holds; 600 unless said. */
  lockWaitSeconds?: number;
  /** Told who holds a lock that the load waits for. */
  onWait?: (message: string) => void;
}

/**
 * Starts what loads a dump in one transaction. Of a binary dump pg_restore makes the script
 * (https://www.postgresql.org/docs/current/app-pgrestore.html) that a plain dump is already, so that for both the
 * transaction is pgbak's own: with `emptyFirst` it has more in it than pg_restore knows of, and where the connection is
 * lost at its end pgbak can find out what became of it.
 */
export function startLoader(request: LoadRequest): Loader {
  return request.format === 'sql' ? startScript(request) : startThroughScript(request);
}

/** psql gets the end of the script only when pg_restore has ended well. */
function startThroughScript(request: LoadRequest, path?: string): Loader {
  const { parts } = request;
  const { environment, signal } = request.database;
  const psql = startScript(request);
  const words = ['--file=-', '--exit-on-error', ...partFlags(request), ...(path === undefined ? [] : [path])];
  const command = pgRestore(request, words, environment);
  const script = startProgram(command, { stdin: 'pipe', stdout: 'pipe', signal });
  const { stdin, stdout } = script;
  if (stdin === undefined || stdout === undefined) throw new Error('pg_restore was started without pipes');
  const copied = pipeline(stdout, psql.input, { end: false });
  // What psql does not take, pg_restore need not write: it would wait for a reader without end.
  copied.catch(() => void script.stop());
  const isPart = parts !== undefined && isSelection(parts);
  const input = isPart ? untilItCloses(stdin) : stdin;
  return {
    input,
    commit: async () => {
      stdin.end();
      const { exitCode, stderrTail } = await script.ended;
      await copied;
      signal.throwIfAborted();
      if (exitCode !== 0) throw explainLoadFailure('pg_restore', stderrTail);
      await psql.commit();
    },
    abandon: async () => {
      const own = await psql.abandon();
      const ending = own === undefined ? await lastWords(script) : undefined;
      await script.stop();
      stdin.destroy();
      // Without a word it was only ended because nothing was read any more, which says less than why that was.
      const hasWords = ending !== undefined && ending.stderrTail.trim() !== '';
      return hasWords ? explainLoadFailure('pg_restore', ending.stderrTail) : own;
    },
  };
}

/** pg_restore reads no further than the part that it was asked for; the rest is thrown away. */
function untilItCloses(stdin: Writable): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      if (stdin.destroyed || stdin.errored) done();
      else stdin.write(chunk, () => done());
    },
  });
}

/**
 * Loads a binary dump from a file: over one connection in one transaction, or over several at once, which one transaction
 * cannot span.
 */
export async function loadFile(request: LoadRequest, path: string, jobs: number): Promise<void> {
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
