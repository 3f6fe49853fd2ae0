import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { Report } from '../backup/events.ts';
import type { Tools } from '../backup/tools.ts';
import { openCatalog, type Catalog } from '../catalog/open-catalog.ts';
import { readEnvironment, type Environment } from '../config/environment.ts';
import { resolvePingUrls, resolveSettings, type Destination } from '../config/settings.ts';
import { parseConnection } from '../postgres/connection.ts';
import type { Storage } from '../storage/storage.ts';
import { systemClock } from '../system/clock.ts';
import { openPrograms } from './open-programs.ts';

/** What every command works with: the catalogue and the environment. */
export interface Workplace extends AsyncDisposable {
  catalog: Catalog;
  environment: Environment;
}

/**
 * Opens the catalogue that the environment names, adopting or migrating it first. Here, and in what it hands out, the
 * real things are put together; everything further in is given what it needs.
 */
export async function openWorkplace(): Promise<Workplace> {
  const environment = readEnvironment(process.env);
  const path = catalogPathOf(environment);
  const catalog = await openCatalog(path, { clock: systemClock });
  if (catalog.adopted !== undefined) {
    const { servers, backups, copyPath } = catalog.adopted;
    process.stderr.write(
      `pgbak: adopted ${servers} servers and ${backups} log entries of the earlier program; ` +
        `its file is kept as ${copyPath}\n`,
    );
  }
  return { catalog, environment, [Symbol.asyncDispose]: () => catalog.close() };
}

function catalogPathOf({ catalogPath }: Environment): string {
  return catalogPath ?? join(envPaths('pgbak', { suffix: '' }).data, 'backup.sqlite');
}

/**
 * The catalogue for somebody who only looks: opened where that changes nothing, that is where it is of today's schema
 * and undamaged.
 */
export async function openHealthyCatalog(): Promise<
  AsyncDisposable & { environment: Environment; catalogPath: string; catalog: Catalog | undefined }
> {
  const { catalogHealth } = await import('../catalog/health.ts');
  const environment = readEnvironment(process.env);
  const catalogPath = catalogPathOf(environment);
  const health = catalogHealth(catalogPath);
  const isSound = health.kind === 'current' && health.schema === health.knownSchema && health.damage.length === 0;
  const catalog = isSound ? await openCatalog(catalogPath, { clock: systemClock }) : undefined;
  return { environment, catalogPath, catalog, [Symbol.asyncDispose]: async () => await catalog?.close() };
}

/** Takes the lock under which one run at a time works on a catalogue; a `LockedError` after `waitMs`. */
export async function takeRunLock({ catalog }: Workplace, waitMs: number, signal: AbortSignal): Promise<Disposable> {
  const { takeLock } = await import('../system/lock.ts');
  const holder = { pid: process.pid, host: hostname(), since: systemClock.now() };
  return await takeLock(catalog.path, { holder, waitMs, clock: systemClock, signal });
}

export interface ToolOptions {
  signal: AbortSignal;
  report: Report;
  /** pgbak's own version. */
  version: string;
}

/**
 * Everything a run needs. What it may not come to need (HTTP clients, execa) is loaded when it does, because a run with
 * nothing due, every hour, is what pgbak does most.
 */
export function buildTools({ catalog, environment }: Workplace, { signal, report, version }: ToolOptions): Tools {
  const temporary = { base: environment.temporaryDirectory ?? tmpdir(), owner: catalog.id };
  const programs = openPrograms(environment, process.env, signal);
  return {
    catalog,
    clock: systemClock,
    signal,
    report,
    version,
    settingsFor: (server) => resolveSettings(server, environment),
    pingUrlsFor: (server) => resolvePingUrls(server, environment),
    checkConnection: (connectionString) => void parseConnection(connectionString),
    prepareDump: programs.prepareDump,
    writeArchive: programs.writeArchive,
    storageFor: (destination) => storageFor(destination, catalog.id),
    ping: async (moment, url, body, pingSignal) => {
      const { ping } = await import('../notify/ping.ts');
      return await ping({ moment, url, body, userAgent: `pgbak/${version}`, clock: systemClock, signal: pingSignal });
    },
    createTemporaryDirectory: async () => {
      const { createTemporaryDirectory } = await import('../system/temporary-directory.ts');
      return await createTemporaryDirectory(temporary);
    },
    sweepTemporaryDirectories: async () => {
      const { sweepTemporaryDirectories } = await import('../system/temporary-directory.ts');
      return await sweepTemporaryDirectories(temporary);
    },
  };
}

/** How often a call to storage is tried where a person waits for it; a run at night is more patient. */
export const ATTEMPTS_WHILE_SOMEBODY_WAITS = 2;

/** The storage behind a destination; nothing is asked of it yet. `attempts` is for where a person waits. */
export async function storageFor(
  destination: Destination,
  owner: string,
  options: { attempts?: number } = {},
): Promise<Storage> {
  if (destination.kind === 'directory') {
    const { openDirectoryStorage } = await import('../storage/directory.ts');
    return openDirectoryStorage({ directory: destination.path, owner });
  }
  const { openB2Storage } = await import('../storage/b2.ts');
  const { keyId, applicationKey, bucket, apiUrl } = destination;
  return openB2Storage({ keyId, applicationKey, bucket, apiUrl, owner, clock: systemClock, ...options });
}
