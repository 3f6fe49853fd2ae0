import type { Context } from '../core/context.ts';
import { parseConnection } from '../postgres/connection.ts';
import { prepareDump, type PreparedDump } from '../postgres/prepare-dump.ts';
import { clientProgramsOf, databaseOf, sevenZipOf, zstdOf } from '../server/programs.ts';
import { isRoles, type ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { storageFor } from '../server/storage-at.ts';
import type { Storage } from '../storage/storage.ts';

/** A place that could not take an archive, and why. */
export interface FailedPlace {
  place: string;
  error: unknown;
}

interface PreparedBackup {
  /** The places that can take the archive, the primary one first. */
  storages: Storage[];
  failed: FailedPlace[];
  dump: PreparedDump;
}

/**
 * Asks storage and database whether a backup could work, before the first byte is dumped. A place that cannot take the archive is
 * left out while another can.
 *
 * @throws the reason of the first place where none can
 */
export async function prepareBackup(
  objectName: string,
  server: ServerRecord,
  settings: ServerSettings,
  context: Context,
): Promise<PreparedBackup> {
  const { catalog, signal } = context;
  const storages = await Promise.all(
    settings.destinations.map(async ({ destination }) => await storageFor(destination, catalog)),
  );
  // Ask storage after the programs are found: its HTTP client loads while psql asks the database.
  const programs = findPrograms(settings, context);
  const answers = Promise.allSettled(
    storages.map(async (storage) => {
      await programs;
      await storage.prepare(objectName, signal);
    }),
  );
  const preparations = [programs, askDatabase(server, settings, context)] as const;
  // Wait for all before reporting the failure of one.
  await Promise.allSettled([...preparations, answers]);
  const [, dump] = await Promise.all(preparations);
  const good: Storage[] = [];
  const failed: FailedPlace[] = [];
  for (const [index, answer] of (await answers).entries()) {
    const storage = storages[index];
    if (storage === undefined) continue;
    if (answer.status === 'fulfilled') good.push(storage);
    else failed.push({ place: storage.place, error: answer.reason });
  }
  signal.throwIfAborted();
  const [first] = failed;
  if (good.length === 0 && first !== undefined) throw first.error;
  return { storages: good, failed, dump };
}

async function askDatabase(server: ServerRecord, settings: ServerSettings, context: Context): Promise<PreparedDump> {
  const database = await databaseOf(parseConnection(settings.connectionString), context);
  if (!isRoles(server)) return await prepareDump({ database, server, format: settings.format });
  const { prepareRoles } = await import('../postgres/prepare-roles.ts');
  return await prepareRoles(database, server.name);
}

async function findPrograms({ compression }: ServerSettings, context: Context): Promise<void> {
  const zstd = compression.method === 'zstd' ? zstdOf(context) : undefined;
  await Promise.all([clientProgramsOf(context), sevenZipOf(context), zstd]);
}
