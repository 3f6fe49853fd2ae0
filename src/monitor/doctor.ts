import { checkCatalog } from './check-catalog.ts';
import { checkPrograms, checkScheduler } from './check-machine.ts';
import { checkTemporaryDirectory } from './check-room.ts';
import { checkServer } from './check-server.ts';
import type { DoctorTools } from './doctor-tools.ts';
import type { Finding } from './findings.ts';

/** Looks at everything that backups depend on, one thing after another, and tells of each as it is found. */
export async function* examine(tools: DoctorTools): AsyncGenerator<Finding> {
  yield* await checkPrograms(tools);
  yield await checkTemporaryDirectory(tools);
  yield* await checkScheduler(tools);
  yield* checkCatalog(tools.catalogHealth, tools.exposedDirectory);
  for (const server of (await tools.catalog?.servers.list()) ?? []) {
    tools.signal.throwIfAborted();
    yield* await checkServer(server, tools);
  }
}
