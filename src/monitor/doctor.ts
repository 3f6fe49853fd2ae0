import { exposedDirectory } from '../catalog/exposed-directory.ts';
import { catalogHealth } from '../catalog/health.ts';
import type { Context } from '../core/context.ts';
import { checkCatalog } from './check-catalog.ts';
import { checkPrograms, checkScheduler } from './check-machine.ts';
import { checkTemporaryDirectory } from './check-room.ts';
import { checkServer } from './check-server.ts';
import type { Finding } from './findings.ts';

/** What the doctor looks at. */
export interface Examination extends Omit<Context, 'catalog' | 'report'> {
  /** Undefined where there is none that could be opened without changing it. */
  catalog: Context['catalog'] | undefined;
  catalogPath: string;
  /** pgbak's own program. */
  program: string;
  /** Store a small file for each server, and remove it. */
  isProbing: boolean;
}

/** Looks at everything that backups depend on, one thing after another, and tells of each as it is found. */
export async function* examine(examination: Examination): AsyncGenerator<Finding> {
  const { catalog, catalogPath, signal } = examination;
  yield* await checkPrograms(examination);
  yield await checkTemporaryDirectory(examination);
  yield* await checkScheduler(examination);
  yield* checkCatalog(catalogHealth(catalogPath), exposedDirectory(catalogPath));
  for (const server of (await catalog?.servers.list()) ?? []) {
    signal.throwIfAborted();
    yield* await checkServer(server, examination);
  }
}
