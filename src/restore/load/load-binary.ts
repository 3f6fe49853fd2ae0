import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { explainLoadFailure } from '../../postgres/load-failure.ts';
import { startProgram, type Command } from '../../system/programs.ts';
import { isSelection } from '../parts/match-names.ts';
import { lastWords, startScript } from './load-script.ts';
import type { Loader, LoadRequest } from './loader.ts';

/**
 * Starts a pg_restore that turns a binary dump into a script for psql. psql gets the end of the script only when
 * pg_restore has succeeded.
 *
 * @param path The dump's file; without it the dump goes to the loader's input
 */
export function startThroughScript(request: LoadRequest, path?: string): Loader {
  const { parts } = request;
  const { environment, signal } = request.database;
  const psql = startScript(request);
  const words = ['--file=-', '--exit-on-error', ...partFlags(request), ...(path === undefined ? [] : [path])];
  const command = pgRestore(request, words, environment);
  const script = startProgram(command, { stdin: 'pipe', stdout: 'pipe', signal });
  const { stdin, stdout } = script;
  if (stdin === undefined || stdout === undefined) throw new Error('pg_restore was started without pipes');
  const copied = pipeline(stdout, psql.input, { end: false });
  // Without a reader pg_restore would wait forever.
  copied.catch(() => void script.stop());
  const isPart = parts !== undefined && isSelection(parts);
  const input = isPart ? untilItCloses(stdin) : stdin;
  return {
    input,
    commit: async () => {
      stdin.end();
      const ending = await script.ended;
      await copied;
      signal.throwIfAborted();
      if (ending.exitCode !== 0) throw explainLoadFailure('pg_restore', ending);
      await psql.commit();
    },
    abandon: async () => {
      const own = await psql.abandon();
      const ending = own === undefined ? await lastWords(script) : undefined;
      await script.stop();
      stdin.destroy();
      // Without a message of its own, pg_restore ended only because psql had. Then psql's reason counts.
      const hasWords = ending !== undefined && ending.stderrTail.trim() !== '';
      return hasWords ? explainLoadFailure('pg_restore', ending) : own;
    },
  };
}

/** pg_restore stops reading after the part that it was asked for. The rest is thrown away. */
function untilItCloses(stdin: Writable): Writable {
  return new Writable({
    write: (chunk, _encoding, done) => {
      if (stdin.destroyed || stdin.errored) done();
      else stdin.write(chunk, () => done());
    },
  });
}

/** The pg_restore beside the chosen pg_dump. */
export function pgRestore({ programs }: LoadRequest, args: string[], env: Command['env']): Command {
  return { name: 'pg_restore', file: programs.pgDump.replace(/pg_dump$/, 'pg_restore'), args, env };
}

/** Flags for the part of a dump to restore. */
export function partFlags({ parts, listPath, noTablespaces = false }: LoadRequest): string[] {
  const flags = [
    ...(listPath === undefined ? [] : [`--use-list=${listPath}`]),
    ...(noTablespaces ? ['--no-tablespaces'] : []),
  ];
  if (parts === undefined) return flags;
  const { dataOnly, schemaOnly, noOwner, noPrivileges } = parts;
  return [
    ...flags,
    ...(dataOnly ? ['--data-only'] : []),
    ...(schemaOnly ? ['--schema-only'] : []),
    ...(noOwner ? ['--no-owner'] : []),
    ...(noPrivileges ? ['--no-privileges'] : []),
  ];
}
