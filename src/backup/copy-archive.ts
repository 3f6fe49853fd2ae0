import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StoredCopy } from '../catalog/copy-queries.ts';
import { noteFor } from '../core/checksum-note.ts';
import type { Context } from '../core/context.ts';
import { ArchiveError } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { asRestorePoint, type RestorePoint } from '../restore/choose-point.ts';
import { compareChecksum, knownSums } from '../restore/compare-checksum.ts';
import type { PutOptions, Room, Storage } from '../storage/storage.ts';
import { beginUpload, deferred } from '../storage/streaming/begin-upload.ts';
import { unlessAborted } from '../system/clock.ts';
import { objectFacts, sizeFact } from './object-facts.ts';
import { runDirectory } from './temporary.ts';
import type { OpenRoom } from './archive-room.ts';
import type { BackupRecord } from '../core/backup-record.ts';

interface Copying {
  /** A copy that is held. */
  from: BackupRecord;
  source: Storage;
  target: Storage;
  /** Signs the checksum that is kept beside the copy. */
  password: Secret | undefined;
  /** Passwords that may have signed the one of the source. */
  passwords: readonly Secret[];
  openRoom: OpenRoom;
  onTrouble: (message: string) => void;
}

/**
 * Copies an archive from one place to another, and compares its checksum on the way. The target shows it only after it was found
 * to be the archive that was stored.
 *
 * @throws StorageError where one of the places fails, ArchiveError where the source is not what was stored
 */
export async function copyArchive(copying: Copying, context: Context): Promise<StoredCopy> {
  const { from, source, target, passwords, openRoom, onTrouble } = copying;
  const { catalog, signal } = context;
  const point = asRestorePoint(from);
  const partSums = (point.sha1 ?? point.sha256) ? undefined : await catalog.backups.partSums(point.backupId);
  const { noted } = await knownSums(point, partSums, passwords);
  const comparison = compareChecksum(noted);
  const { objectName, startedAt } = point;
  const rawSize = point.rawSizeBytes === undefined ? {} : sizeFact(point.rawSizeBytes);
  const gate = newGate();
  let copiedBytes = 0;
  async function* compared(ending: AbortSignal): AsyncGenerator<Buffer> {
    const bytes: AsyncIterable<Buffer> = await source.get({ id: point.objectId, name: objectName }, ending);
    for await (const chunk of bytes) {
      comparison.update(chunk);
      copiedBytes += chunk.length;
      await gate.passed(ending);
      yield chunk;
    }
    const { difference } = comparison.end();
    if (difference === undefined) return;
    throw new ArchiveError(
      `${objectName} in ${source.place} is not the archive that was stored: it has ${difference}`,
      `Verify it: pgbak verify --at ${point.backupId}`,
    );
  }
  const options: PutOptions = {
    signal,
    startedAt,
    info: await factsOf(point, context),
    noteSum: (sha256) => noteFor(sha256, { objectName, startedAt }, copying.password, catalog.id),
    onTrouble,
  };
  if (target.putStream !== undefined && point.sizeBytes !== undefined) {
    const stream = { bytes: compared(signal), sizeBytes: point.sizeBytes };
    const stored = await target.putStream(objectName, stream, { ...options, info: { ...options.info, ...rawSize } });
    return { place: target.place, objectId: stored.id, checksum: stored };
  }

  await using directory = await runDirectory(context);
  const path = join(directory.path, 'archive.7z');
  const room = async (): Promise<Room | undefined> => {
    const opened = await openRoom(path);
    return opened === undefined ? undefined : { ...opened, hold: gate.hold };
  };
  const upload = beginUpload(target, objectName, { path, room }, options);
  try {
    const ending = AbortSignal.any([signal, upload.givenUp]);
    await pipeline(compared(ending), createWriteStream(path, { flags: 'wx', mode: 0o600 }), { signal: ending });
    upload.written(copiedBytes);
    const stored = await upload.complete(copiedBytes, rawSize);
    return { place: target.place, objectId: stored.id, checksum: stored };
  } catch (error) {
    await upload.abandon(error);
    signal.throwIfAborted();
    throw upload.givenUp.aborted ? upload.givenUp.reason : error;
  }
}

async function factsOf(point: RestorePoint, { catalog, version }: Context): Promise<Record<string, string>> {
  const { compression = '', ...about } = point;
  return objectFacts({ ...about, compression }, await catalog.backups.databaseFacts(point.backupId), version);
}

interface Gate {
  hold: (isHeld: boolean) => boolean;
  /** Resolves while the writer may go on. */
  passed: (signal: AbortSignal) => Promise<void>;
}

/** Lets an upload pause the download that it reads from. */
function newGate(): Gate {
  let opening: ReturnType<typeof deferred<undefined>> | undefined;
  return {
    hold: (isHeld) => {
      if (isHeld) opening ??= deferred();
      else {
        opening?.resolve(undefined);
        opening = undefined;
      }
      return isHeld;
    },
    passed: async (signal) => {
      if (opening !== undefined) await unlessAborted(opening.promise, signal);
    },
  };
}
