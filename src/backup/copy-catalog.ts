import { dirname, join } from 'node:path/posix';
import { join as joinPath } from 'node:path';
import type { ServerRecord } from '../server/server.ts';
import { placeOfDestination, type Destination, type SettingsOverrides } from '../server/settings.ts';
import { describeFailure } from './describe-failure.ts';
import type { RunBackupOptions } from './run-backup.ts';
import type { Tools } from './tools.ts';

/** How many of our own copies stay in a place, where they may be removed at all. */
const KEPT = 3;

/** The object name of the copies of one catalogue, in the folder of the archives that it tells of. */
export function catalogCopyName(folder: string, catalogId: string): string {
  return join(folder, `pgbak-catalog-${catalogId.slice(0, 8)}.sqlite.7z`);
}

/**
 * Puts a copy of the catalogue beside the backups that a run has made, once for each place: a user who loses the machine
 * loses the catalogue with it. That a copy could not be stored is a warning; the backups are none the worse for it.
 */
export async function copyCatalog(
  servers: readonly ServerRecord[],
  { runStartedAt, overrides }: Pick<RunBackupOptions, 'runStartedAt' | 'overrides'>,
  tools: Tools,
): Promise<void> {
  const [first] = servers;
  if (!tools.copiesCatalog || first === undefined) return;
  const warn = (error: unknown, server: string) => {
    const { message } = describeFailure(error, undefined);
    tools.report({ type: 'warning', server, message: `the catalogue could not be copied: ${message}` });
  };
  try {
    await using directory = await tools.createTemporaryDirectory();
    const path = joinPath(directory.path, 'catalog.7z');
    const { sizeBytes } = await tools.archiveCatalog(path);
    const all = await tools.catalog.servers.list();
    for (const { destination, folder, server } of placesOf(servers, all, overrides, tools)) {
      try {
        await store({ path, sizeBytes }, { destination, folder, startedAt: runStartedAt }, tools);
      } catch (error) {
        warn(error, server);
      }
    }
  } catch (error) {
    warn(error, first.name);
  }
}

interface Place {
  destination: Destination;
  folder: string;
  server: string;
}

/** Each place once, with the highest folder that any archives are in there: a key may be restricted to it. */
function placesOf(
  servers: readonly ServerRecord[],
  all: readonly ServerRecord[],
  overrides: SettingsOverrides,
  tools: Tools,
): Place[] {
  const places = new Map<string, Place>();
  for (const server of servers) {
    const { destination, archiveName } = tools.settingsFor(server, overrides);
    const place = placeOfDestination(destination);
    if (!places.has(place)) places.set(place, { destination, folder: dirname(archiveName), server: server.name });
  }
  for (const server of all) {
    const known = places.get(tools.placeOf(server) ?? '');
    const folder = dirname(server.archiveName);
    if (known !== undefined && folder.length < known.folder.length) known.folder = folder;
  }
  return [...places.values()];
}

async function store(
  file: { path: string; sizeBytes: number },
  { destination, folder, startedAt }: Pick<Place, 'destination' | 'folder'> & { startedAt: Date },
  tools: Tools,
): Promise<void> {
  const { signal, version, catalog } = tools;
  const storage = await tools.storageFor(destination);
  const name = catalogCopyName(folder, catalog.id);
  await storage.prepare(name, signal);
  await storage.put(name, file, {
    signal,
    startedAt,
    info: { 'pgbak-version': version, 'pgbak-catalog-copy': catalog.id },
  });
  try {
    // Only now, so that what cannot be swept does not keep the copy from being stored.
    for (const message of await storage.sweep(name, signal)) tools.report({ type: 'cleaned', message });
    let seen = 0;
    for await (const object of storage.list(name, signal)) {
      seen += 1;
      if (seen > KEPT) await storage.remove(object, signal);
    }
  } catch {
    // A key that may not delete is what we recommend; a lifecycle rule then clears up.
    signal.throwIfAborted();
  }
}
