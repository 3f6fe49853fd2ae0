import type { Writable } from 'node:stream';
import type { Secret } from '../core/secret.ts';
import { ArchiveError, ConfigError, InterruptedError, ProgramError, throwIfInterrupted } from '../core/errors.ts';
import type { Loader } from './load/loader.ts';
import type { Context } from '../core/context.ts';
import { leftByAnalyze, leftByLastSteps, leftByLoad, leftUntouched } from './left-behind.ts';
import { copiesOf, withAnyCopy } from './copies.ts';
import { load, nowhere, type ArchiveRequest, type OpenArchive } from './open-archive.ts';
import { prepareFile, writeFile } from './write-file.ts';
import { quoted } from '../core/printable.ts';
import { nameOfPart } from '../server/cluster-part.ts';
import type { ServerRecord } from '../server/server.ts';
import { editCommand } from '../core/server-hint.ts';

/** The document of `restore --json`. */
export interface RestoreDocument {
  backupId: number;
  /** The server's name. */
  server: string;
  /** So much of the dump was restored. */
  dumpBytes: number;
  /** How many tables and rows of a part were restored; null where all was. */
  tables: number | null;
  rows: number | null;
}

/** Reads a dump before any of it is loaded. */
export interface DumpSurvey {
  sink: Writable;
  /** Takes how many lines each file of a directory has, by its name. */
  countedLines: (lines: ReadonlyMap<string, number>) => void;
  /** What the user should know of the load; throws where it cannot succeed. */
  notes: () => Promise<string[]>;
}

/** The loaded part of a dump. */
export interface LoadedPart {
  tableCount: number;
  rowCount: number;
  /** Views, sequences, functions and other objects that do not belong to a table. */
  otherCount: number;
}

/** A database to load a dump into. Only these functions change it. */
export interface DatabaseTarget {
  kind: 'database';
  label: string;
  /** Made by the restore, and removed again where that fails. */
  isNew: boolean;
  /** How many connections load: several do not share a transaction. */
  jobs: () => number;
  /** For a part: chosen after the whole dump was read. */
  survey?: DumpSurvey;
  /** Where the backup did not note which PostgreSQL made the dump: reads that in its beginning. Returns notes for the user. */
  learnOrigin?: (head: Buffer) => string[];
  openLoader: () => Promise<Loader>;
  /** After the load: sets what belongs to the database itself and is in no dump. */
  settle?: () => Promise<void>;
  /** For a part: checks whether all of it was loaded. */
  compare?: () => Promise<LoadedPart>;
  /** After the load: gathers planner statistics. */
  analyze?: () => Promise<void>;
  /** With `--globals`: roles before the load, settings after it. */
  globals?: { loadRoles: (globals: Secret) => Promise<void>; loadSettings: (globals: Secret) => Promise<void> };
}

/** Where a dump goes. */
export type Target = { kind: 'file'; path: string } | { kind: 'stream'; sink: Writable } | DatabaseTarget;

interface RestoreRequest extends ArchiveRequest {
  target: Target;
  /** Only the copy in this place or destination. */
  from?: string | undefined;
}

interface Restored {
  dumpBytes: number;
  part?: LoadedPart;
}

/**
 * Brings a restore point back: fetches its archive, proves it, and only then opens it. A target changes only when 7-Zip has
 * ended well and the dump was seen to be whole; otherwise it stays as it was.
 */
export async function restore(request: RestoreRequest, context: Context): Promise<Restored> {
  const { point, target } = request;
  const say = (message: string) => context.report({ type: 'step', message });
  const stage: Stage = { leftBy: () => leftUntouched(target) };
  try {
    if (target.kind === 'file') await prepareFile(target.path, point, say);
    const copies = await copiesOf(point, request.from, context);
    return await withAnyCopy({ ...request, copies }, context, async (archive) => {
      if (target.kind === 'file') {
        say(`writing ${target.path}`);
        return { dumpBytes: await writeFile(target.path, archive) };
      }
      if (target.kind === 'stream') return { dumpBytes: await writeStream(target.sink, archive, say) };
      return await loadInto(request.server, target, archive, stage, context);
    });
  } catch (error) {
    // A signal ends the programs as well: it is the reason, not the program that failed first.
    throwIfInterrupted(context.signal, stage.leftBy(error instanceof InterruptedError ? error.hint : undefined));
    throw error;
  }
}

/** How far a restore has come. */
interface Stage {
  /** What an interruption leaves now; `doubt` says that it is not known whether the load was committed. */
  leftBy: (doubt: string | undefined) => string;
}

async function loadInto(
  { name: server, partOf }: ServerRecord,
  target: DatabaseTarget,
  archive: OpenArchive,
  stage: Stage,
  { report, signal }: Context,
): Promise<Restored> {
  const say = (message: string) => report({ type: 'step', message });
  const note = (message: string) => report({ type: 'note', message });
  const globals = target.globals === undefined ? undefined : await archive.readGlobals();
  if (target.globals !== undefined && globals === undefined) {
    throw new ArchiveError(
      'this backup holds no roles and no settings of the database',
      partOf === undefined
        ? `Restore it without --globals. To include them in later backups: ${editCommand('--include-globals')}`
        : `Restore it without --globals; --create sets them. The roles of the cluster are a backup of their own: pgbak restore ${quoted(nameOfPart(partOf.clusterName, undefined))} --to URL`,
    );
  }
  if (target.learnOrigin !== undefined) {
    for (const one of target.learnOrigin(await archive.readHead())) note(one);
  }
  if (globals !== undefined) {
    say('creating the roles that are missing');
    stage.leftBy = () => `${leftUntouched(target)} Roles that its server lacked may have been made.`;
    await target.globals?.loadRoles(globals);
  }
  if (target.survey !== undefined) {
    await surveyInto(target.survey, archive, say);
    for (const one of await target.survey.notes()) note(one);
  }
  say(`loading into ${target.label}`);
  stage.leftBy = (doubt) => leftByLoad(target, doubt);
  const dumpBytes = await load(await target.openLoader(), archive);
  stage.leftBy = () => leftByLastSteps(target);
  const part = await target.compare?.();
  // Settings come last: one of them may forbid what a load does.
  if (globals !== undefined) await target.globals?.loadSettings(globals);
  await target.settle?.();
  if (target.analyze !== undefined) {
    say('gathering planner statistics; all else is restored');
    stage.leftBy = () => leftByAnalyze(target);
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

/** A pipe cannot tell its reader that a dump broke off. So the dump is read to its end before its first byte is sent. */
async function writeStream(sink: Writable, archive: OpenArchive, say: (message: string) => void): Promise<number> {
  if (archive.directory !== undefined) {
    throw new ConfigError(
      'this backup is a directory, which standard output cannot take',
      'Write it to a new directory: --output DIRECTORY',
    );
  }
  await readToEnd(archive, say);
  say('writing the dump to standard output');
  return await archive.copyTo(sink);
}

/** Of a directory, the table of contents is surveyed, and the rows are counted file by file. */
async function surveyInto(survey: DumpSurvey, archive: OpenArchive, say: (message: string) => void): Promise<void> {
  const { directory } = archive;
  if (directory === undefined) return await readToEnd(archive, say, survey.sink);
  say('reading the archive to its end');
  survey.countedLines(await directory.countLines());
  await directory.copyContents(survey.sink);
}

async function readToEnd({ copyTo }: OpenArchive, say: (message: string) => void, sink = nowhere()): Promise<void> {
  say('reading the archive to its end');
  await copyTo(sink);
}
