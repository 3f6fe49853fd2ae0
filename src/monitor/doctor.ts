import { exposedDirectory } from '../catalog/exposed-directory.ts';
import { catalogHealth } from '../catalog/health.ts';
import { checkCatalog } from './check-catalog.ts';
import { checkDestinations } from './check-destinations.ts';
import { checkPrograms, checkScheduler } from './check-machine.ts';
import { checkTemporaryDirectory } from './check-room.ts';
import { checkServer } from './check-server.ts';
import type { Examination, Finding } from './findings.ts';

/** Looks at everything that backups depend on, and yields each finding at once. */
export async function* examine(examination: Examination): AsyncGenerator<Finding> {
  const { servers, catalogPath, signal } = examination;
  yield* await checkPrograms(examination);
  yield await checkTemporaryDirectory(examination);
  yield* await checkScheduler(examination);
  yield* checkCatalog(catalogHealth(catalogPath), exposedDirectory(catalogPath));
  for (const server of servers) {
    signal.throwIfAborted();
    yield* await checkServer(server, examination);
  }
  yield* await checkDestinations(examination);
}
