import envPaths from 'env-paths';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Report } from '../backup/events.ts';
import type { Tools } from '../backup/tools.ts';
import { openCatalog, type Catalog } from '../catalog/open-catalog.ts';
import { readEnvironment, type Environment } from '../config/environment.ts';
import { resolvePingUrls, resolveSettings } from '../config/settings.ts';
import { systemClock } from '../system/clock.ts';

/** What every command works with: the catalogue and the environment. */
export interface Workplace extends AsyncDisposable {
  catalog: Catalog;
  environment: Environment;
}

/**
 * Opens the catalogue that the environment names, adopting or migrating it first. This module is where `process.env`
 * is read and the real things are put together; everything further in is handed what it needs.
 */
export async function openWorkplace(): Promise<Workplace> {
  const environment = readEnvironment(process.env);
  const catalog = await openCatalog(environment.catalogPath ?? defaultCatalogPath(), { clock: systemClock });
  if (catalog.adopted !== undefined) {
    const { servers, backups, copyPath } = catalog.adopted;
    process.stderr.write(
      `pgbak: adopted ${servers} servers and ${backups} log entries; the file as it was is kept as ${copyPath}\n`,
    );
  }
  return { catalog, environment, [Symbol.asyncDispose]: () => catalog.close() };
}

function defaultCatalogPath(): string {
  return join(envPaths('pgbak', { suffix: '' }).data, 'backup.sqlite');
}

export interface ToolOptions {
  signal: AbortSignal;
  report: Report;
  version: string;
}

/**
 * Everything a run needs. What a run may not come to need (HTTP clients, execa) is loaded when it does, because a run
 * with nothing due, every hour, is what pgbak does most.
 */
export async function buildTools({ catalog, environment }: Workplace, options: ToolOptions): Promise<Tools> {
  const { signal, report, version } = options;
  const clock = systemClock;
  const temporary = { base: environment.temporaryDirectory ?? tmpdir(), owner: catalog.id };
  const [
    { parseConnection },
    { programEnvironment },
    { createTemporaryDirectory, sweepTemporaryDirectories },
  ] = await Promise.all([
    import('../postgres/connection.ts'),
    import('../postgres/program-environment.ts'),
    import('../system/temporary-directory.ts'),
  ]);
  void parseConnection;
  void programEnvironment;
  return {
    catalog, clock, signal, report, version,
    settingsFor: (server) => resolveSettings(server, environment),
    pingUrlsFor: (server) => resolvePingUrls(server, environment),
  };
}
