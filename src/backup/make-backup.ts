import { join } from 'node:path';
import type { StoredBackup } from '../catalog/stored-backup.ts';
import { noteFor } from '../core/checksum-note.ts';
import type { Context } from '../core/context.ts';
import { asShortText } from '../core/database-facts.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { beginUpload } from '../storage/streaming/begin-upload.ts';
import { pausableLater } from '../system/pausable.ts';
import { archiveDump } from './archive-dump.ts';
import { prepareBackup } from './prepare-backup.ts';
import type { OpenRoom } from './archive-room.ts';
import { runDirectory } from './temporary.ts';
import { checkSize } from './size-rules.ts';
import { hintFor } from '../core/server-hint.ts';

interface BackupRequest {
  server: ServerRecord;
  settings: ServerSettings;
  startedAt: Date;
  /** Let a suspicious size pass, once. */
  acceptSize: boolean;
  openRoom: OpenRoom;
  warn: (message: string) => void;
  /** Called when storage may hold a part of this backup that could not be confirmed or removed. */
  onUnsettled: () => void;
}

const WAITS =
  'the dump waits for the slower upload: the temporary directory is nearly full, or holds as much as PGBAK_TMP_LIMIT allows';

/**
 * Makes a backup: dump, archive, judge, store. Storage and database are asked before the first byte is dumped, so that
 * most failures come early. Storage takes the archive while it is written, where it can, and shows it only after it was
 * judged good. Resolves when storage has confirmed the whole archive; no temporary file is left in any case.
 */
export async function makeBackup(request: BackupRequest, context: Context): Promise<StoredBackup> {
  const { server, settings, startedAt } = request;
  const { catalog, signal, report } = context;
  const objectName = objectNameOf(settings.archiveName, settings.format);
  report({ type: 'phase', server: server.name, phase: 'connecting' });
  const { storage, dump } = await prepareBackup(objectName, server, settings, context);

  await using directory = await runDirectory(context);
  const archivePath = join(directory.path, 'archive.7z');
  for (const { level, message, hint } of dump.concerns) {
    if (level !== 'advice') request.warn(`${message}. ${hintFor(hint, server.name)}`);
  }
  const lastGood = await catalog.backups.lastGood(server.id, settings.format, settings.compressionText, startedAt);
  report({ type: 'tables', server: server.name, count: dump.facts.tableCount, roughBytes: dump.tableBytes });
  if (lastGood?.sizeBytes !== undefined)
    report({ type: 'measure', server: server.name, archiveBytes: lastGood.sizeBytes });
  report({ type: 'phase', server: server.name, phase: 'dumping', detail: dump.summary });
  // B2 takes 2,048 bytes of facts for a file in a bucket with Object Lock.
  const databaseFacts = asShortText(dump.facts.databaseFacts, 1000);
  let totalBytes: number | undefined;
  const note = (message: string) => report({ type: 'note', server: server.name, message });
  const writer = pausableLater({
    onChange: (isHeld) => report({ type: 'held', server: server.name, isHeld }),
    onLong: () => note(WAITS),
  });
  const room = async () => {
    const opened = await request.openRoom(archivePath);
    return opened === undefined ? undefined : { ...opened, hold: (isHeld: boolean) => writer.hold(isHeld) };
  };
  const upload = beginUpload(
    storage,
    objectName,
    { path: archivePath, room },
    {
      signal,
      startedAt,
      info: {
        'pgbak-version': context.version,
        'pgbak-server': server.name,
        'pgbak-started-at': startedAt.toISOString(),
        'pgbak-format': settings.format,
        'pgbak-compression': settings.compressionText,
        ...(databaseFacts === undefined ? {} : { 'pgbak-database': databaseFacts }),
      },
      noteSum: (sha256) => noteFor(sha256, { objectName, startedAt }, settings.archivePassword, catalog.id),
      onTrouble: note,
      onUnsettled: request.onUnsettled,
      onProgress: (sentBytes) => {
        // Before the size is known there is nothing to judge.
        if (totalBytes !== undefined)
          report({ type: 'uploaded', server: server.name, sentBytes, sizeBytes: totalBytes });
      },
    },
  );
  try {
    const { archive, rowCounts } = await archiveDump(
      {
        archivePath,
        onStarted: writer.start,
        onWritten: (sizeBytes) => upload.written(sizeBytes),
        // Stop the upload before the file that it reads is removed.
        onFailed: (reason) => void upload.abandon(reason),
        signal: AbortSignal.any([signal, upload.givenUp]),
      },
      dump,
      request,
      context,
    );
    report({ type: 'phase', server: server.name, phase: 'checking' });
    const warning = checkSize(archive.sizeBytes, lastGood, server, {
      acceptSize: request.acceptSize,
      database: dump.facts.database,
    });
    if (warning !== undefined) request.warn(warning);

    report({ type: 'phase', server: server.name, phase: 'uploading', detail: storage.place });
    totalBytes = archive.sizeBytes;
    const stored = await upload.complete(archive.sizeBytes, { 'pgbak-raw-size': String(archive.rawSizeBytes) });
    return {
      sizeBytes: stored.sizeBytes,
      checksum: stored,
      rawSizeBytes: archive.rawSizeBytes,
      place: storage.place,
      objectId: stored.id,
      roles: dump.facts.roles,
      facts: dump.facts.databaseFacts,
      hasGlobals: server.includeGlobals,
      ...(rowCounts === undefined ? {} : { rowCounts }),
    };
  } catch (error) {
    await upload.abandon(error);
    throw error;
  }
}
