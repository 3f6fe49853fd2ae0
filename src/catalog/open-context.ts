import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { catalogPathOf } from './catalog-path.ts';
import { openCatalog, type Catalog, type CatalogUse } from './open-catalog.ts';
import type { Context } from '../core/context.ts';
import type { Report } from '../core/events.ts';
import type { Zones } from '../core/time-zone.ts';
import { readEnvironment, type Environment } from '../server/environment.ts';
import { systemClock } from '../system/clock.ts';
import { listenForInterruption } from '../system/interruption.ts';

interface OpenOptions {
  /** What the command does with the catalogue. */
  use: CatalogUse;
  version: string;
  report: Report;
  zones: Zones;
  /** Whether the command ends in order on a signal. Without it a signal ends the process at once. */
  isInterruptible?: boolean;
}

/** Opens what a command works with: the catalogue that the environment names, adopted or migrated first. */
export async function openContext({
  use,
  version,
  report,
  zones,
  isInterruptible = false,
}: OpenOptions): Promise<Context & AsyncDisposable> {
  const environment = readEnvironment(process.env);
  const path = catalogPathOf(environment);
  const isMade = use === 'create' && !existsSync(path);
  const catalog = await open(path, environment, use);
  environment.namedDestinations = await catalog.destinations.list();
  if (isMade) await warnOfExposure(path, report);
  if (catalog.adopted !== undefined) {
    const { servers, backups, copyPath } = catalog.adopted;
    const message =
      `took over ${servers} servers and ${backups} log entries of the earlier program. ` +
      `Its file is kept as ${copyPath}`;
    report({ type: 'note', message });
  }
  const interruption = isInterruptible ? listenForInterruption() : undefined;
  return {
    catalog,
    environment,
    version,
    clock: systemClock,
    signal: interruption?.signal ?? new AbortController().signal,
    report,
    zones,
    [Symbol.asyncDispose]: async () => {
      interruption?.[Symbol.dispose]();
      await catalog.close();
    },
  };
}

/** Warns while the user can still choose another directory for a new catalogue. */
async function warnOfExposure(path: string, report: Report): Promise<void> {
  const { exposedDirectory } = await import('./exposed-directory.ts');
  const exposed = exposedDirectory(path);
  if (exposed !== undefined) report({ type: 'note', message: `warning: ${exposed.message}\n${exposed.hint}` });
}

async function open(path: string, environment: Environment, use: CatalogUse): Promise<Catalog> {
  const temporaryDirectory = environment.temporaryDirectory ?? tmpdir();
  return await openCatalog(path, { use, clock: systemClock, temporaryDirectory });
}

/** Opens the catalogue only where that changes nothing: where it has today's schema and is undamaged. */
export async function openHealthyCatalog(): Promise<
  AsyncDisposable & { environment: Environment; catalogPath: string; catalog: Catalog | undefined; isAbsent: boolean }
> {
  const { catalogHealth } = await import('./health.ts');
  const environment = readEnvironment(process.env);
  const catalogPath = catalogPathOf(environment);
  const health = catalogHealth(catalogPath);
  const isHealthy = health.kind === 'current' && health.schema === health.knownSchema && health.damage.length === 0;
  const catalog = isHealthy ? await open(catalogPath, environment, 'read') : undefined;
  environment.namedDestinations = (await catalog?.destinations.list()) ?? [];
  const isAbsent = health.kind === 'absent';
  return { environment, catalogPath, catalog, isAbsent, [Symbol.asyncDispose]: async () => await catalog?.close() };
}
