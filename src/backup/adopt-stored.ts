import type { BackupRecord } from '../core/backup-record.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { adoptArchive } from '../restore/rebuild.ts';
import { listRemoteArchives, type RemoteArchive } from '../restore/remote-archives.ts';
import type { Storage } from '../storage/storage.ts';
import type { Tools } from './tools.ts';

/**
 * Takes into the catalogue what an attempt has stored without its being recorded: pgbak was killed in between, or B2's
 * answer was lost. An archive becomes visible only once it was whole and judged good, so that it is a backup like any
 * other; rules remove it in its time. Returns the ids of what was taken in.
 */
export async function adoptStored(
  attempt: BackupRecord,
  server: ServerRecord,
  { storage, settings }: { storage: Storage; settings: ServerSettings },
  tools: Tools,
): Promise<number[]> {
  const { objectName } = attempt;
  if (objectName === undefined) return [];
  const adopted: number[] = [];
  for (const archive of await listRemoteArchives(storage, objectName, tools.signal)) {
    if (archive.object.name !== objectName || !isOf(attempt, archive, tools.catalog.id)) continue;
    const id = await adoptArchive({ ...archive, startedAt: attempt.startedAt }, server, {
      catalog: tools.catalog,
      storage,
      passwordOf: () => settings.archivePassword,
      warn: (message) => tools.report({ type: 'warning', server: server.name, message }),
      now: tools.clock.now(),
    });
    if (id !== undefined) adopted.push(id);
  }
  return adopted;
}

/** B2 keeps the moment and the catalogue with a version; the name of a file in a directory tells the second. */
function isOf({ startedAt }: BackupRecord, archive: RemoteArchive, catalogId: string): boolean {
  const { object, startedAt: found, catalogId: maker } = archive;
  if (maker !== undefined) return maker === catalogId && found.getTime() === startedAt.getTime();
  return object.storedAt.getTime() === Math.floor(startedAt.getTime() / 1000) * 1000;
}
