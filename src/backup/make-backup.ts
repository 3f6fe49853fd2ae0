import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { entryNameOf, globalsEntryNameOf, objectNameOf } from '../server/archive-name.ts';
import type { RowCounts } from '../core/backup-record.ts';
import { asShortText } from '../core/database-facts.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { formatNote, signSum } from '../core/checksum-note.ts';
import { writeArchive, type WriteArchiveRequest, type WrittenArchive } from '../archive/write-archive.ts';
import type { StoredBackup } from '../catalog/stored-backup.ts';
import type { Context } from '../core/context.ts';
import { prepareDump, type PreparedDump } from '../postgres/prepare-dump.ts';
import { parseConnection } from '../postgres/connection.ts';
import { clientProgramsOf, databaseOf, sevenZipEnvironment, sevenZipOf, zstdOf } from '../server/programs.ts';
import { storageFor } from '../server/storage-at.ts';
import { beginUpload } from '../storage/streaming/begin-upload.ts';
import { countDumped } from './count-dumped.ts';
import { pausableLater } from '../system/pausable.ts';
import { checkSize } from './size-rules.ts';
import type { OpenRoom } from './room-opener.ts';
import { runDirectory } from './temporary.ts';

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

async function prepareFor(server: ServerRecord, settings: ServerSettings, context: Context): Promise<PreparedDump> {
  const database = await databaseOf(parseConnection(settings.connectionString), context);
  return await prepareDump({ database, server, format: settings.format });
}

const WAITS =
  'the dump waits for the upload, which is slower: no more of the archive may lie in the temporary directory (PGBAK_TMP_LIMIT), or it is nearly full';

/**
 * Makes a backup: dump, archive, judge, store. Storage and database are asked before the first byte is dumped, so that
 * most failures come early. Storage takes the archive while it is written, where it can, and shows it only after it was
 * judged good. Resolves when storage has confirmed the whole archive; no temporary file is left in any case.
 */
export async function makeBackup(request: BackupRequest, context: Context): Promise<StoredBackup> {
  const { server, settings, startedAt } = request;
  const { catalog, signal, report } = context;
  const objectName = objectNameOf(settings.archiveName, settings.format);
  const storage = await storageFor(settings.destination, catalog);

  report({ type: 'phase', server: server.name, phase: 'connecting' });
  // Ask storage after the programs are found: its HTTP client loads while psql asks the database.
  const preparations = [
    findPrograms(settings, context).then(() => storage.prepare(objectName, signal)),
    prepareFor(server, settings, context),
  ] as const;
  // Let both end before the failure of one is told.
  await Promise.allSettled(preparations);
  const [, dump] = await Promise.all(preparations);

  await using directory = await runDirectory(context);
  const archivePath = join(directory.path, 'archive.7z');
  for (const { level, message, hint } of dump.concerns) {
    if (level !== 'advice') request.warn(`${message}. ${hint}`);
  }
  report({ type: 'tables', server: server.name, count: dump.facts.tableCount });
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
      noteSum: (sha256) => noteOf(sha256, request, catalog.id),
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
    const lastGood = await catalog.backups.lastGood(server.id, settings.format, settings.compressionText, startedAt);
    const warning = checkSize(archive.sizeBytes, lastGood, server, request.acceptSize);
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

/** Finds the programs that a backup takes before it connects to anything. */
async function findPrograms({ compression }: ServerSettings, context: Context): Promise<void> {
  const zstd = compression.method === 'zstd' ? zstdOf(context) : undefined;
  await Promise.all([clientProgramsOf(context), sevenZipOf(context), zstd]);
}

/** The note of an archive's checksum, signed where there is a password: only who knows it can make such an archive. */
async function noteOf(sha256: string, { settings, startedAt }: BackupRequest, catalogId: string): Promise<string> {
  const { archivePassword: password, archiveName, format } = settings;
  if (password === undefined) return formatNote({ sha256 });
  const salt = createHash('sha256').update(catalogId).digest('hex').slice(0, SALT_DIGITS);
  return formatNote(
    await signSum(sha256, { objectName: objectNameOf(archiveName, format), startedAt }, password, salt),
  );
}

const SALT_DIGITS = 32;

/** Dumps into an archive, and counts the rows of the same snapshot where the server asks for it. */
async function archiveDump(
  target: Pick<WriteArchiveRequest, 'archivePath' | 'onStarted' | 'onWritten' | 'onFailed' | 'signal'>,
  dump: PreparedDump,
  { server, settings, warn }: BackupRequest,
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
