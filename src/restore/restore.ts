import type { Writable } from 'node:stream';
import type { Secret } from '../core/secret.ts';
import { ArchiveError, ProgramError } from '../core/errors.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { Context } from '../core/context.ts';
import { load, nowhere, withArchive, type ArchiveRequest, type OpenArchive } from './open-archive.ts';
import { prepareFile, writeFile } from './write-file.ts';

/** Looks at a dump before anything of it is loaded. */
export interface DumpSurvey {
  sink: Writable;
  /** What a user should know of what will be loaded; throws where it cannot be. */
  notes: () => Promise<string[]>;
}

/** What was loaded, where only a part was wanted. */
export interface LoadedPart {
  tableCount: number;
  rowCount: number;
  /** Views, sequences, functions and all else that is no table and belongs to none. */
  otherCount: number;
}

/** A database that waits for a dump. Nothing of it is changed before one of these is called. */
export interface DatabaseTarget {
  kind: 'database';
  label: string;
  /** Where only a part is wanted: what that is, is chosen once the dump was seen to its end. */
  survey?: DumpSurvey;
  /** Where it was not noted which PostgreSQL made the dump: reads it in the dump's beginning, and says what that means. */
  learnOrigin?: (head: Buffer) => string[];
  openLoader: () => Promise<Loader>;
  /** Gives the database what belongs to it and is in no dump, once the dump is loaded. */
  settle?: () => Promise<void>;
  /** Where only a part is wanted: looks whether it is all there. */
  compare?: () => Promise<LoadedPart>;
  /** Gathers planner statistics, once all is loaded. */
  analyze?: () => Promise<void>;
  /** Where roles and settings are wanted as well. */
  globals?: { loadRoles: (globals: Secret) => Promise<void>; loadSettings: (globals: Secret) => Promise<void> };
}

/** Where a dump goes. */
export type Target = { kind: 'file'; path: string } | { kind: 'stream'; sink: Writable } | DatabaseTarget;

interface RestoreRequest extends ArchiveRequest {
  target: Target;
}

interface Restored {
  dumpBytes: number;
  part?: LoadedPart;
}

/**
 * Brings a restore point back: its archive is fetched and proved as a whole, and only then opened and handed over. A target
 * is changed only once 7-Zip has ended well and the dump was seen to be whole; otherwise it is as before.
 */
export async function restore(request: RestoreRequest, context: Context): Promise<Restored> {
  const { point, target } = request;
  const say = (message: string) => context.report({ type: 'step', message });
  try {
    if (target.kind === 'file') await prepareFile(target.path, say);
    say(`fetching ${point.objectName} from ${point.place}`);
    return await withArchive(request, context, async (archive) => {
      if (target.kind === 'file') {
        say(`writing ${target.path}`);
        return { dumpBytes: await writeFile(target.path, archive) };
      }
      if (target.kind === 'stream') return { dumpBytes: await writeStream(target.sink, archive, say) };
      return await loadInto(request.server.name, target, archive, context);
    });
  } catch (error) {
    // A signal ends the programs too; the first of them to end is not the reason.
    context.signal.throwIfAborted();
    throw error;
  }
}

async function loadInto(
  server: string,
  target: DatabaseTarget,
  archive: OpenArchive,
  { report, signal }: Context,
): Promise<Restored> {
  const say = (message: string) => report({ type: 'step', message });
  const globals = target.globals === undefined ? undefined : await archive.readGlobals();
  if (target.globals !== undefined && globals === undefined) {
    throw new ArchiveError(
      'this backup holds no roles and settings',
      'Restore it without --globals. Later ones hold them after: pgbak edit SERVER --include-globals',
    );
  }
  if (target.learnOrigin !== undefined) {
    for (const note of target.learnOrigin(await archive.readHead())) say(note);
  }
  if (globals !== undefined) {
    say('making the roles that are missing');
    await target.globals?.loadRoles(globals);
  }
  if (target.survey !== undefined) {
    await readToEnd(archive, say, target.survey.sink);
    for (const note of await target.survey.notes()) say(note);
  }
  say(`loading into ${target.label}`);
  const dumpBytes = await load(await target.openLoader(), archive);
  const part = await target.compare?.();
  // Last, because a setting may well forbid what the load has to do.
  if (globals !== undefined) await target.globals?.loadSettings(globals);
  await target.settle?.();
  if (target.analyze !== undefined) {
    say('all of it is restored; gathering planner statistics (ANALYZE)');
    try {
      await target.analyze();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProgramError)) throw error;
      report({ type: 'warning', server, message: `${error.message}. ${error.hint ?? ''}`.trim() });
    }
  }
  return { dumpBytes, ...(part === undefined ? {} : { part }) };
}

/** What reads a pipe cannot be told that a dump broke off, so that it is read to its end before a byte of it is sent. */
async function writeStream(sink: Writable, archive: OpenArchive, say: (message: string) => void): Promise<number> {
  await readToEnd(archive, say);
  say('writing it to standard output');
  return await archive.copyTo(sink);
}

async function readToEnd({ copyTo }: OpenArchive, say: (message: string) => void, sink = nowhere()): Promise<void> {
  say('reading it to its end');
  await copyTo(sink);
}
