import { lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { openCatalog, type Catalog, type CatalogUse } from '../catalog/open-catalog.ts';
import { readEnvironment, type Environment } from '../server/environment.ts';
import { systemClock } from '../system/clock.ts';
import { tell } from './output.ts';

/** What every command works with: the catalogue and the environment. */
export interface Workplace extends AsyncDisposable {
  catalog: Catalog;
  environment: Environment;
}

/**
 * Opens the catalogue that the environment names, adopting or migrating it first; for what, says the command. Here, and in what it hands out, the
 * real things are put together; everything further in is given what it needs.
 */
export async function openWorkplace(use: CatalogUse): Promise<Workplace> {
  const environment = readEnvironment(process.env);
  const path = catalogPathOf(environment);
  const isMade = use === 'create' && lstatSync(path, { throwIfNoEntry: false }) === undefined;
  const catalog = await open(path, environment, use);
  if (isMade) await warnOfExposure(path);
  if (catalog.adopted !== undefined) {
    const { servers, backups, copyPath } = catalog.adopted;
    tell(
      `pgbak: adopted ${servers} servers and ${backups} log entries of the earlier program; ` +
        `its file is kept as ${copyPath}`,
    );
  }
  return { catalog, environment, [Symbol.asyncDispose]: () => catalog.close() };
}

/** A user who makes a catalogue can still choose another place for it. */
async function warnOfExposure(path: string): Promise<void> {
  const { exposedDirectory } = await import('../catalog/exposed-directory.ts');
  const exposed = exposedDirectory(path);
  if (exposed !== undefined) tell(`pgbak: warning: ${exposed.message}\n${exposed.hint}`);
}

async function open(path: string, environment: Environment, use: CatalogUse): Promise<Catalog> {
  const temporaryDirectory = environment.temporaryDirectory ?? tmpdir();
  return await openCatalog(path, { use, clock: systemClock, temporaryDirectory });
}

function catalogPathOf({ catalogPath }: Environment): string {
  return catalogPath ?? join(envPaths('pgbak', { suffix: '' }).data, 'backup.sqlite');
}

/**
 * The catalogue for somebody who only looks: opened where that changes nothing, that is where it is of today's schema
 * and undamaged.
 */
export async function openHealthyCatalog(): Promise<
  AsyncDisposable & { environment: Environment; catalogPath: string; catalog: Catalog | undefined; isAbsent: boolean }
> {
  const { catalogHealth } = await import('../catalog/health.ts');
  const environment = readEnvironment(process.env);
  const catalogPath = catalogPathOf(environment);
  const health = catalogHealth(catalogPath);
  const isSound = health.kind === 'current' && health.schema === health.knownSchema && health.damage.length === 0;
  const catalog = isSound ? await open(catalogPath, environment, 'read') : undefined;
  const isAbsent = health.kind === 'absent';
  return { environment, catalogPath, catalog, isAbsent, [Symbol.asyncDispose]: async () => await catalog?.close() };
}

/** The same as `takeRunLock` of run-lock.ts, which commands without a lock need not load. */
export async function takeRunLock(workplace: Workplace, waitMs: number, signal: AbortSignal): Promise<AsyncDisposable> {
  const { takeRunLock: take } = await import('../catalog/run-lock.ts');
  return await take(workplace, waitMs, signal);
}
