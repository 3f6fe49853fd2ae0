import { dirname, join } from 'node:path';
import type { ArchiveProgress } from '../archive/watch-limits.ts';
import { roomForDirectory } from './directory-room.ts';
import { writeDirectoryArchive } from '../archive/write-directory.ts';
import { writeArchive, type WriteArchiveRequest, type WrittenArchive } from '../archive/write-archive.ts';
import type { RowCounts } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { tableInDumpLine } from '../core/archive-format.ts';
import { describeFailure } from '../core/errors.ts';
import type { PreparedDump } from '../postgres/prepare-dump.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import { entryNameOf, globalsEntryNameOf } from '../server/names.ts';
import { sevenZipEnvironment, sevenZipOf, zstdOf } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';

interface DumpRequest {
  server: ServerRecord;
  settings: ServerSettings;
  warn: (message: string) => void;
  /** The last good backup of the same kind. */
  lastGood?: { rawSizeBytes?: number | undefined } | undefined;
}

/** Dumps into an archive, and counts the rows of the same snapshot where the server asks for it. */
export async function archiveDump(
  target: Pick<WriteArchiveRequest, 'archivePath' | 'onStarted' | 'onWritten' | 'onFailed' | 'signal'>,
  dump: PreparedDump,
  { server, settings, warn, lastGood }: DumpRequest,
  context: Context,
): Promise<{ archive: WrittenArchive; rowCounts: RowCounts | undefined }> {
  const { environment, report } = context;
  await using snapshot = server.countRows ? await dump.openSnapshot(settings.dumpTimeoutMs) : undefined;
  const counted = snapshot === undefined ? undefined : countDumped(snapshot, warn);
  const companion = server.includeGlobals
    ? { companion: { entryName: globalsEntryNameOf(settings.archiveName), content: await dump.readGlobals() } }
    : {};
  const entryName = entryNameOf(settings.archiveName, settings.format, settings.compression.method);
  const isDirectory = settings.format === 'directory';
  const common = {
    sevenZip: await sevenZipOf(context),
    environment: sevenZipEnvironment(environment),
    explainSource: dump.explainFailure,
    expectedStart: dump.heading,
    ...companion,
    ...target,
    compression: settings.compression,
    ...(settings.archivePassword === undefined ? {} : { password: settings.archivePassword }),
    limits: { totalMs: settings.dumpTimeoutMs, idleMs: server.idleTimeoutSeconds * 1000 },
    onProgress: ({ archiveBytes, readBytes }: ArchiveProgress) => {
      // Behind zstd, 7-Zip reads what is compressed already.
      const dumped = settings.compression.method === 'zstd' || isDirectory ? {} : { dumpBytes: readBytes };
      report({ type: 'archived', server: server.name, archiveBytes, ...dumped });
    },
    onSourceLine: (line: string) => {
      counted?.sawLine(line);
      report({ type: 'dump-line', server: server.name, line });
    },
  };
  const directoryPath = join(dirname(target.archivePath), entryName);
  if (isDirectory)
    await roomForDirectory(directoryPath, lastGood?.rawSizeBytes, (message) =>
      report({ type: 'note', server: server.name, message }),
    );
  const archive = isDirectory
    ? await writeDirectoryArchive({ ...common, directoryPath, source: dump.command(snapshot?.id, directoryPath) })
    : await writeArchive({
        ...common,
        ...(settings.compression.method === 'zstd' ? { zstd: await zstdOf(context) } : {}),
        source: dump.command(snapshot?.id),
        entryName,
      });
  return { archive, rowCounts: await counted?.counts() };
}

interface DumpedRows {
  /** Reads a line of pg_dump --verbose, which names each table whose rows it dumps. */
  sawLine(line: string): void;
  /** The rows of the tables that were dumped; undefined where they could not be counted. */
  counts(): Promise<RowCounts | undefined>;
}

/** With this line pg_dump --verbose is about to lock tables; at its next line it holds the locks. */
const LOCKS_TABLES = /\breading user-defined tables\b/;

/**
 * Counts the rows of a snapshot during its dump. Counting begins when pg_dump has locked its tables: pg_dump has imported
 * the snapshot by then, so a count that fails cannot end it, and no session can drop or rename a table. Tables whose rows
 * were not dumped are left out. A count that fails is a warning and leaves the dump alone.
 */
export function countDumped(snapshot: Snapshot, warn: (message: string) => void): DumpedRows {
  const dumped = new Set<string>();
  let counting: Promise<RowCounts> | undefined;
  let isAboutToLock = false;
  const begin = () => {
    counting ??= snapshot.countRows();
    counting.catch(() => {});
    return counting;
  };
  return {
    sawLine: (line) => {
      if (isAboutToLock) void begin();
      isAboutToLock ||= LOCKS_TABLES.test(line);
      const table = tableInDumpLine(line);
      if (table !== undefined) dumped.add(table);
    },
    counts: async () => {
      try {
        return Object.fromEntries(Object.entries(await begin()).filter(([table]) => dumped.has(table)));
      } catch (error) {
        warn(`cannot count the rows: ${describeFailure(error).message}`);
        return undefined;
      }
    },
  };
}
