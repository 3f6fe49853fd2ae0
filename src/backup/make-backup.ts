import { join } from 'node:path';
import { entryNameOf, globalsEntryNameOf, objectNameOf } from '../config/archive-name.ts';
import type { ServerRecord } from '../config/server.ts';
import type { ServerSettings } from '../config/settings.ts';
import type { StoredBackup } from '../catalog/backup-queries.ts';
import { countDumped } from './count-dumped.ts';
import { checkSize } from './size-rules.ts';
import type { Tools } from './tools.ts';

export interface BackupRequest {
  server: ServerRecord;
  settings: ServerSettings;
  startedAt: Date;
  /** Let a suspicious size pass, once. */
  acceptSize: boolean;
  warn: (message: string) => void;
}

/**
 * Steps 3 to 8 of a backup: dump, archive, judge, store. Whatever can fail early does: storage and database are asked
 * before the first byte is dumped. Resolves only when storage has confirmed the archive; whatever happens, no temporary
 * file is left.
 */
export async function makeBackup(request: BackupRequest, tools: Tools): Promise<StoredBackup> {
  const { server, settings, startedAt } = request;
  const { signal, report } = tools;
  const objectName = objectNameOf(settings.archiveName, settings.format);
  const storage = await tools.storageFor(settings.destination);

  report({ type: 'phase', server: server.name, phase: 'connecting' });
  await storage.prepare(objectName, signal);
  const dump = await tools.prepareDump(server, settings, signal);

  await using directory = await tools.createTemporaryDirectory();
  report({ type: 'tables', server: server.name, count: dump.facts.tableCount });
  report({ type: 'phase', server: server.name, phase: 'dumping', detail: dump.summary });
  await using snapshot = server.countRows ? await dump.openSnapshot() : undefined;
  const counted = snapshot === undefined ? undefined : countDumped(snapshot, request.warn);
  const companion = server.includeGlobals
    ? { companion: { entryName: globalsEntryNameOf(settings.archiveName), content: await dump.readGlobals() } }
    : {};
  const archive = await tools.writeArchive({
    source: dump.command(snapshot?.id),
    explainSource: dump.explainFailure,
    expectedStart: dump.heading,
    entryName: entryNameOf(settings.archiveName, settings.format, settings.compression.method),
    ...companion,
    archivePath: join(directory.path, 'archive.7z'),
    compression: settings.compression,
    ...(settings.archivePassword === undefined ? {} : { password: settings.archivePassword }),
    limits: { totalMs: settings.dumpTimeoutMs, idleMs: server.idleTimeoutSeconds * 1000 },
    signal,
    onProgress: ({ archiveBytes }) => report({ type: 'archived', server: server.name, archiveBytes }),
    onSourceLine: (line) => {
      counted?.sawLine(line);
      report({ type: 'dump-line', server: server.name, line });
    },
  });

  const rowCounts = await counted?.counts();

  report({ type: 'phase', server: server.name, phase: 'checking' });
  const lastGood = await tools.catalog.backups.lastGood(server.id, settings.format, server.compression);
  const warning = checkSize(archive.sizeBytes, lastGood, server, request.acceptSize);
  if (warning !== undefined) request.warn(warning);

  report({ type: 'phase', server: server.name, phase: 'uploading', detail: storage.place });
  const stored = await storage.put(
    objectName,
    { path: join(directory.path, 'archive.7z'), sizeBytes: archive.sizeBytes },
    {
      signal,
      startedAt,
      info: {
        'pgbak-version': tools.version,
        'pgbak-server': server.name,
        'pgbak-started-at': startedAt.toISOString(),
        'pgbak-format': settings.format,
        'pgbak-compression': server.compression,
        'pgbak-raw-size': String(archive.rawSizeBytes),
      },
      onProgress: (sentBytes) =>
        report({ type: 'uploaded', server: server.name, sentBytes, sizeBytes: archive.sizeBytes }),
    },
  );
  return {
    sizeBytes: stored.sizeBytes,
    rawSizeBytes: archive.rawSizeBytes,
    place: storage.place,
    objectId: stored.id,
    sha1: stored.sha1,
    roles: dump.facts.roles,
    encoding: dump.facts.encoding,
    hasGlobals: server.includeGlobals,
    ...(rowCounts === undefined ? {} : { rowCounts }),
  };
}
