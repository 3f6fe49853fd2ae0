import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DumpParts } from './match-names.ts';
import { ArchiveError } from '../../core/errors.ts';
import type { TableName } from '../load/analyze.ts';
import { CLOSING_LINES, surveyDump } from '../../postgres/dump-toc/survey-dump.ts';
import type { TocEntry } from '../../postgres/dump-toc/read-toc.ts';
import { directoryLoader, fileLoader } from '../load/load-dump.ts';
import { startLoader } from '../load/load-dump.ts';
import type { Loader, LoadRequest } from '../load/loader.ts';
import { chooseEntries, type Choice, type PartTarget } from './choose-entries.ts';
import { FOREIGN_KEYS } from './order-rows.ts';
import { isBelonging } from './belongings.ts';
import { compareRows, sequencesAhead, whatIsThere } from './ask-target.ts';
import type { DumpSurvey, LoadedPart } from '../restore.ts';
import type { TemporaryDirectory } from '../../system/temporary-directory.ts';
import type { Database } from '../../postgres/database.ts';

interface PartOptions {
  parts: DumpParts;
  /** Asks the target; undefined where the database does not exist yet. */
  target: Database | undefined;
  createDirectory: () => Promise<TemporaryDirectory>;
}

/** A part of a dump. Except for `survey`, it needs a survey that has ended. */
interface Part {
  survey: DumpSurvey;
  openLoader(request: LoadRequest, jobs: number): Promise<Loader>;
  /** The tables that get rows. */
  tables(): TableName[];
  /** Compares the loaded part with the dump. */
  compare(target: Database): Promise<LoadedPart>;
}

const WITH_ROWS = new Set(['TABLE DATA', 'MATERIALIZED VIEW']);

const NOTHING_THERE: PartTarget = {
  whatIsThere: () => Promise.resolve(new Set()),
  foreignKeys: () => Promise.resolve([]),
  sequencesAhead: () => Promise.resolve([]),
};

function asked(target: Database): PartTarget {
  return {
    whatIsThere: (entries) => whatIsThere(entries, target),
    sequencesAhead: (entries) => sequencesAhead(entries, target),
    foreignKeys: async () =>
      (await target.ask(FOREIGN_KEYS)).map(([json = '[]']) => {
        const [from, to]: [string, string] = JSON.parse(json);
        return [from, to];
      }),
  };
}

/** A part of a binary dump. The entries that belong to it are chosen after a survey of the dump's contents. */
export function openPart({ parts, target, createDirectory }: PartOptions): Part {
  const surveyor = surveyDump();
  let choice: Choice | undefined;
  let linesByFile: ReadonlyMap<string, number> = new Map();
  let rowCounts = new Map<TocEntry, number>();
  const chosen = () => {
    if (choice === undefined) throw new Error('a part was loaded before it was chosen');
    return choice;
  };
  return {
    survey: {
      sink: surveyor.sink,
      countedLines: (lines) => {
        linesByFile = lines;
      },
      notes: async () => {
        const found = surveyor.result();
        choice = await chooseEntries(found.toc.entries, parts, target === undefined ? NOTHING_THERE : asked(target));
        if (choice.entries.length === 0) throw new ArchiveError('nothing is left to restore of what was named');
        rowCounts = new Map(
          choice.entries.flatMap((entry) => {
            const count = found.rowCounts.get(entry.dumpId) ?? rowsInFile(entry, linesByFile);
            return count === undefined ? [] : [[entry, count] as const];
          }),
        );
        return choice.notes;
      },
    },
    openLoader: async (request, jobs) => {
      const { entries, isReordered } = chosen();
      const directory = await createDirectory();
      const listPath = join(directory.path, 'list');
      await writeFile(listPath, entries.map(({ dumpId }) => `${dumpId};\n`).join(''), { mode: 0o600 });
      const listed = { ...request, listPath };
      const path = join(directory.path, 'dump');
      const isStreamed = jobs === 1 && !isReordered;
      const loader =
        request.format === 'directory'
          ? await directoryLoader(listed, path, jobs)
          : isStreamed
            ? startLoader(listed)
            : fileLoader(listed, path, jobs);
      return thenDisposed(loader, directory);
    },
    tables: () => {
      const { entries } = chosen();
      return entries.flatMap(({ kind, schema, name }) => (WITH_ROWS.has(kind) ? [{ schema, name }] : []));
    },
    compare: async (loaded) => {
      if (!parts.schemaOnly) await compareRows(rowCounts, loaded);
      const { entries } = chosen();
      const rowCount = [...rowCounts.values()].reduce((sum, count) => sum + count, 0);
      return {
        tableCount: entries.filter(({ kind }) => kind === (parts.dataOnly ? 'TABLE DATA' : 'TABLE')).length,
        otherCount: entries.filter(({ kind }) => kind !== 'TABLE' && !isBelonging(kind)).length,
        rowCount: parts.schemaOnly ? 0 : rowCount,
      };
    },
  };
}

/** How many rows COPY wrote into the file of a table; undefined where the entry has no such file. */
function rowsInFile({ copyStatement, fileName }: TocEntry, lines: ReadonlyMap<string, number>): number | undefined {
  const count = fileName === undefined || copyStatement === '' ? undefined : lines.get(`${fileName}.gz`);
  return count === undefined ? undefined : Math.max(0, count - CLOSING_LINES);
}

/** A loader that removes its temporary directory when it ends. */
export function thenDisposed(loader: Loader, directory: TemporaryDirectory): Loader {
  const dispose = () => directory[Symbol.asyncDispose]();
  return {
    ...loader,
    commit: async () => {
      await loader.commit();
      await dispose();
    },
    abandon: async () => {
      const reason = await loader.abandon();
      await dispose();
      return reason;
    },
  };
}
