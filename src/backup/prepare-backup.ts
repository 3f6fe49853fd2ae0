import type { Context } from '../core/context.ts';
import { parseConnection } from '../postgres/connection.ts';
import { prepareDump, type PreparedDump } from '../postgres/prepare-dump.ts';
import { clientProgramsOf, databaseOf, sevenZipOf, zstdOf } from '../server/programs.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerSettings } from '../server/settings.ts';
import { storageFor } from '../server/storage-at.ts';
import type { Storage } from '../storage/storage.ts';

/** Asks storage and database whether a backup could work, before the first byte is dumped. */
export async function prepareBackup(
  objectName: string,
  server: ServerRecord,
  settings: ServerSettings,
  context: Context,
): Promise<{ storage: Storage; dump: PreparedDump }> {
  const storage = await storageFor(settings.destination, context.catalog);
  // Ask storage after the programs are found: its HTTP client loads while psql asks the database.
  const preparations = [
    findPrograms(settings, context).then(() => storage.prepare(objectName, context.signal)),
    askDatabase(server, settings, context),
  ] as const;
  // Wait for both before reporting the failure of one.
  await Promise.allSettled(preparations);
  const [, dump] = await Promise.all(preparations);
  return { storage, dump };
}

async function askDatabase(server: ServerRecord, settings: ServerSettings, context: Context): Promise<PreparedDump> {
  const database = await databaseOf(parseConnection(settings.connectionString), context);
  return await prepareDump({ database, server, format: settings.format });
}

async function findPrograms({ compression }: ServerSettings, context: Context): Promise<void> {
  const zstd = compression.method === 'zstd' ? zstdOf(context) : undefined;
  await Promise.all([clientProgramsOf(context), sevenZipOf(context), zstd]);
}
