import { dirname, join } from 'node:path/posix';
import { join as joinPath } from 'node:path';
import { copyRecent } from '../catalog/copy-recent.ts';
import type { Context } from '../core/context.ts';
import { knownPlacesOf } from '../server/destination.ts';
import type { ServerRecord } from '../server/server.ts';
import { withoutLock, type Destination } from '../storage/registry.ts';
import { resolveSettings, type SettingsOverrides } from '../server/settings.ts';
import { storageFor } from '../server/storage-at.ts';
import { describeFailure } from '../core/errors.ts';
import { archiveCatalog, sharedPassword } from './archive-catalog.ts';
import { runDirectory } from './temporary.ts';

/** How many of our own copies stay in a place. Older ones go where the key may delete. */
const KEPT = 3;

/** The object name of the copies of one catalogue, beside the archives that it records. */
function catalogCopyName(folder: string, catalogId: string): string {
  return join(folder, `pgbak-catalog-${catalogId.slice(0, 8)}.sqlite.7z`);
}

/**
 * Puts a copy of the catalogue beside the backups that a run made, once for each place: a user who loses the machine loses
 * the catalogue with it. A copy that could not be stored is a warning and fails no backup.
 */
export async function copyCatalog(
  servers: readonly ServerRecord[],
  { startedAt, overrides }: { startedAt: Date; overrides: SettingsOverrides },
  context: Context,
): Promise<void> {
  const { catalog, environment, report } = context;
  const [first] = servers;
  if (!environment.copiesCatalog || first === undefined) return;
  const warn = (error: unknown, server: string) => {
    const { message } = describeFailure(error);
    report({ type: 'warning', server, message: `cannot store a copy of the catalogue beside the backups: ${message}` });
  };
  try {
    await using directory = await runDirectory(context);
    const path = joinPath(directory.path, 'catalog.7z');
    const all = await catalog.servers.list();
    const copyTo = async (target: string) => await copyRecent(catalog.path, target);
    const password = sharedPassword(all, environment, ({ name: server }, problem) =>
      report({ type: 'warning', server, message: `the copy of the catalogue holds no secrets: ${problem}` }),
    );
    const { sizeBytes } = await archiveCatalog(context, path, password, copyTo);
    for (const { destination, folder, server } of placesOf(servers, all, overrides, context)) {
      try {
        await store({ path, sizeBytes }, { destination, folder, startedAt }, context);
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

/** Each place once, with the topmost folder that holds archives there: a key may be restricted to that folder. */
function placesOf(
  servers: readonly ServerRecord[],
  all: readonly ServerRecord[],
  overrides: SettingsOverrides,
  { environment }: Context,
): Place[] {
  const places = new Map<string, Place>();
  for (const server of servers) {
    const { destinations, archiveName } = resolveSettings(server, environment, overrides);
    for (const { place, destination } of destinations) {
      if (!places.has(place)) places.set(place, { destination, folder: dirname(archiveName), server: server.name });
    }
  }
  for (const server of all) {
    const folder = dirname(server.archiveName);
    for (const place of knownPlacesOf(server, environment)) {
      const known = places.get(place);
      if (known !== undefined && folder.length < known.folder.length) known.folder = folder;
    }
  }
  return [...places.values()];
}

async function store(
  file: { path: string; sizeBytes: number },
  { destination, folder, startedAt }: Pick<Place, 'destination' | 'folder'> & { startedAt: Date },
  { signal, version, catalog, report }: Context,
): Promise<void> {
  // Each run stores one: locked, they would pile up.
  const storage = await storageFor(withoutLock(destination), catalog);
  const name = catalogCopyName(folder, catalog.id);
  await storage.prepare(name, signal);
  await storage.put(name, file, {
    signal,
    startedAt,
    info: { 'pgbak-version': version, 'pgbak-catalog-copy': catalog.id },
  });
  try {
    // Sweep after the copy is stored: a sweep that fails must not prevent the copy.
    for (const message of await storage.sweep(name, signal)) report({ type: 'cleaned', message });
    let seen = 0;
    for await (const object of storage.list(name, signal)) {
      seen += 1;
      if (seen > KEPT) await storage.remove(object, signal);
    }
  } catch {
    // We recommend a key that may not delete; then a lifecycle rule of the bucket removes old copies.
    signal.throwIfAborted();
  }
}
