import type { BackupRecord } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { candidatesOf, passwordsOf } from '../restore/archive-passwords.ts';
import { adoptArchive } from '../restore/rebuild.ts';
import { listRemoteArchives, type RemoteArchive } from '../restore/remote-archives.ts';
import { unsignedWarning } from '../restore/unsigned-archives.ts';
import type { ServerRecord } from '../server/server.ts';
import type { Storage } from '../storage/storage.ts';

/**
 * Records an archive that an attempt stored and did not record, because pgbak was killed in between, or B2's answer was
 * lost. An archive becomes visible only when it is whole and judged good, so it is a backup like any other. Returns the
 * ids of the new backups.
 */
export async function adoptStored(
  attempt: BackupRecord,
  server: ServerRecord,
  storage: Storage,
  context: Context,
): Promise<number[]> {
  const { objectName } = attempt;
  if (objectName === undefined) return [];
  const adopted: number[] = [];
  const { catalog, signal } = context;
  const listed = await listRemoteArchives(storage, objectName, signal);
  const archives = listed.filter((archive) => archive.object.name === objectName && isOf(attempt, archive, catalog.id));
  const bad = await catalog.verifications.everBad(
    storage.place,
    archives.map(({ object }) => object.id),
  );
  for (const archive of archives) {
    if (bad.has(archive.object.id)) continue;
    const passwords = passwordsOf(server, context.environment, undefined);
    const onUnsigned = (one: RemoteArchive) =>
      context.report({ type: 'warning', server: server.name, message: unsignedWarning([one], server) });
    const source = { storage, passwordsOf: () => candidatesOf(passwords), onUnsigned };
    const id = await adoptArchive({ ...archive, startedAt: attempt.startedAt }, server, source, context);
    if (id !== undefined) adopted.push(id);
  }
  return adopted;
}

/** B2 keeps start time and catalogue id with a version; a file name in a directory tells only the second. */
function isOf({ startedAt }: BackupRecord, archive: RemoteArchive, catalogId: string): boolean {
  const { object, startedAt: found, catalogId: maker } = archive;
  if (maker !== undefined) return maker === catalogId && found.getTime() === startedAt.getTime();
  return object.storedAt.getTime() === Math.floor(startedAt.getTime() / 1000) * 1000;
}
