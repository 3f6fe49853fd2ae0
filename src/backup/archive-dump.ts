import { writeArchive, type WriteArchiveRequest, type WrittenArchive } from '../archive/write-archive.ts';
import type { RowCounts } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import type { PreparedDump } from '../postgres/prepare-dump.ts';
import { entryNameOf, globalsEntryNameOf } from '../server/archive-name.ts';
import { sevenZipEnvironment, sevenZipOf, zstdOf } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { countDumped } from './count-dumped.ts';

interface DumpRequest {
  server: ServerRecord;
  settings: ServerSettings;
  warn: (message: string) => void;
}

/** Dumps into an archive, and counts the rows of the same snapshot where the server asks for it. */
export async function archiveDump(
  target: Pick<WriteArchiveRequest, 'archivePath' | 'onStarted' | 'onWritten' | 'onFailed' | 'signal'>,
  dump: PreparedDump,
  { server, settings, warn }: DumpRequest,
  context: Context,
): Promise<{ archive: WrittenArchive; rowCounts: RowCounts | undefined }> {
  const { environment, report } = context;
  await using snapshot = server.countRows ? await dump.openSnapshot(settings.dumpTimeoutMs) : undefined;
  const counted = snapshot === undefined ? undefined : countDumped(snapshot, warn);
  const companion = server.includeGlobals
    ? { companion: { entryName: globalsEntryNameOf(settings.archiveName), content: await dump.readGlobals() } }
    : {};
  const archive = await writeArchive({
    sevenZip: await sevenZipOf(context),
    environment: sevenZipEnvironment(environment),
    ...(settings.compression.method === 'zstd' ? { zstd: await zstdOf(context) } : {}),
    source: dump.command(snapshot?.id),
    explainSource: dump.explainFailure,
    expectedStart: dump.heading,
    entryName: entryNameOf(settings.archiveName, settings.format, settings.compression.method),
    ...companion,
    ...target,
    compression: settings.compression,
    ...(settings.archivePassword === undefined ? {} : { password: settings.archivePassword }),
    limits: { totalMs: settings.dumpTimeoutMs, idleMs: server.idleTimeoutSeconds * 1000 },
    onProgress: ({ archiveBytes }) => report({ type: 'archived', server: server.name, archiveBytes }),
    onSourceLine: (line) => {
      counted?.sawLine(line);
      report({ type: 'dump-line', server: server.name, line });
    },
  });
  return { archive, rowCounts: await counted?.counts() };
}
