import { join } from 'node:path';
import type { StoredCopy } from '../catalog/copy-queries.ts';
import type { StoredBackup } from '../catalog/stored-backup.ts';
import { noteFor } from '../core/checksum-note.ts';
import type { Context } from '../core/context.ts';
import { objectNameOf } from '../server/names.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { beginUploads, type CopyOutcome } from '../storage/streaming/begin-uploads.ts';
import { pausableLater } from '../system/pausable.ts';
import { archiveDump } from './archive-dump.ts';
import { objectFacts, sizeFact } from './object-facts.ts';
import { prepareBackup, type FailedPlace } from './prepare-backup.ts';
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

/** What came of a backup in all of its places. */
export interface MadeBackup {
  /** The first place that holds it. */
  stored: StoredBackup;
  /** Further places that do. */
  copies: StoredCopy[];
  /** Places that do not. */
  missing: FailedPlace[];
  /** Places that take only whole archives and want a copy of another one, as parts of this one had left the disk already. */
  left: string[];
}

const WAITS =
  'the dump waits for the slower upload: the temporary directory is nearly full, or holds as much as PGBAK_TMP_LIMIT allows';

/**
 * Makes a backup: dump, archive, judge, store. Storage and database are asked before the first byte is dumped, so that
 * most failures come early. Storage takes the archive while it is written, where it can, and shows it only after it was
 * judged good. Resolves when each place has confirmed the whole archive or has failed, and rejects where all have failed; no
 * temporary file is left in any case.
 */
export async function makeBackup(request: BackupRequest, context: Context): Promise<MadeBackup> {
  const { server, settings, startedAt } = request;
  const { catalog, signal, report } = context;
  const objectName = objectNameOf(settings.archiveName, settings.format);
  report({ type: 'phase', server: server.name, phase: 'connecting' });
  const { storages, failed, dump } = await prepareBackup(objectName, server, settings, context);

  await using directory = await runDirectory(context);
  const archivePath = join(directory.path, 'archive.7z');
  for (const { level, message, hint } of dump.concerns) {
    if (level !== 'advice') request.warn(`${message}. ${hintFor(hint, server)}`);
  }
  const lastGood = await catalog.backups.lastGood(server.id, settings.format, settings.compressionText, startedAt);
  report({ type: 'tables', server: server.name, count: dump.facts.tableCount, roughBytes: dump.tableBytes });
  if (lastGood?.sizeBytes !== undefined)
    report({ type: 'measure', server: server.name, archiveBytes: lastGood.sizeBytes });
  report({ type: 'phase', server: server.name, phase: 'dumping', detail: dump.summary });
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
  const { format, compressionText: compression } = settings;
  const about = { serverName: server.name, startedAt, format, compression };
  const upload = beginUploads(
    storages,
    objectName,
    { path: archivePath, room },
    {
      signal,
      startedAt,
      info: objectFacts(about, dump.facts.databaseFacts, context.version),
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
      { ...request, lastGood },
      context,
    );
    report({ type: 'phase', server: server.name, phase: 'checking' });
    const warning = checkSize(archive.sizeBytes, lastGood, server, {
      acceptSize: request.acceptSize,
      database: dump.facts.database,
    });
    if (warning !== undefined) request.warn(warning);

    report({
      type: 'phase',
      server: server.name,
      phase: 'uploading',
      detail: storages.map(({ place }) => place).join(' and '),
    });
    totalBytes = archive.sizeBytes;
    const outcomes = await upload.complete(archive.sizeBytes, sizeFact(archive.rawSizeBytes));
    const { first, copies, missing, left } = sorted(outcomes, signal);
    const stored = {
      ...first,
      sizeBytes: archive.sizeBytes,
      rawSizeBytes: archive.rawSizeBytes,
      roles: dump.facts.roles,
      facts: dump.facts.databaseFacts,
      hasGlobals: server.includeGlobals,
      ...(rowCounts === undefined ? {} : { rowCounts }),
    };
    return { stored, copies, missing: [...failed, ...missing], left };
  } catch (error) {
    await upload.abandon(error);
    throw error;
  }
}

/** Throws the reason of the first place where none holds the archive. */
function sorted(
  outcomes: readonly CopyOutcome[],
  signal: AbortSignal,
): Pick<MadeBackup, 'copies' | 'missing' | 'left'> & { first: StoredCopy } {
  const stored: StoredCopy[] = [];
  const missing: FailedPlace[] = [];
  const left: string[] = [];
  for (const outcome of outcomes) {
    const { place } = outcome.storage;
    if (outcome.is === 'stored') stored.push({ place, objectId: outcome.object.id, checksum: outcome.object });
    else if (outcome.is === 'failed') missing.push({ place, error: outcome.error });
    else left.push(place);
  }
  const [first, ...copies] = stored;
  if (first !== undefined) return { first, copies, missing, left };
  signal.throwIfAborted();
  throw missing[0]?.error ?? new Error('an archive without a place');
}
