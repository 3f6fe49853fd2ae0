import { resolveReference } from '../config/reference.ts';
import type { Secret } from '../config/secret.ts';
import type { ClientPrograms } from '../postgres/client-programs.ts';
import { parseConnection, type Connection } from '../postgres/connection.ts';
import { startLoader } from '../postgres/load-dump.ts';
import { ownServerEnvironment, type ProgramEnvironment } from '../postgres/program-environment.ts';
import { createRoles } from '../postgres/roles.ts';
import { startScratchCluster } from '../postgres/scratch-cluster.ts';
import { createScratchDatabase } from '../postgres/scratch-database.ts';
import type { VerifyTools } from '../restore/verify.ts';
import { unprivilegedAccount } from '../system/unprivileged-account.ts';
import { clientProgramsFor, once } from './open-programs.ts';
import { reach, restoreDirectory } from './open-restore.ts';
import type { Workplace } from './open-workplace.ts';

/** Where backups are restored to be looked at: a server that was named, or one of our own that lives as long as this. */
export interface ScratchServer extends AsyncDisposable {
  createScratch: VerifyTools['createScratch'];
}

interface Reached {
  connection: Connection;
  found: readonly ClientPrograms[];
  programs: ClientPrograms;
  forPrograms: ProgramEnvironment;
  isOurs: boolean;
}

/** Nothing is started before the first database is asked for. `given` is a connection string, or a reference to one. */
export function openScratchServer(given: Secret | undefined, workplace: Workplace, signal: AbortSignal): ScratchServer {
  const { environment } = workplace;
  const owned: AsyncDisposable[] = [];
  const url = given ?? environment.scratchUrl;

  const server = once(async (): Promise<Reached> => {
    if (url !== undefined) {
      const resolved = resolveReference(url, 'the scratch URL', environment.variable);
      return { ...(await reach(parseConnection(resolved), environment, signal)), isOurs: false };
    }
    const found = await clientProgramsFor(environment, process.env, signal);
    const directory = await restoreDirectory(workplace);
    owned.push(directory);
    const account = unprivilegedAccount();
    const forPrograms = ownServerEnvironment(process.env);
    const cluster = await startScratchCluster({
      found,
      directory: directory.path,
      account,
      environment: forPrograms,
      signal,
    });
    owned.push(cluster);
    return { connection: cluster.connection, found, programs: cluster.programs, forPrograms, isOurs: true };
  });

  return {
    createScratch: async (point) => {
      const { connection, found, programs, forPrograms, isOurs } = await server();
      // The roles of the dump are nobody's business on a server that others use.
      if (isOurs && point.roles !== undefined) await createRoles(point.roles, connection, found, forPrograms, signal);
      const scratch = await createScratchDatabase(connection, found, forPrograms, point.encoding, signal);
      return {
        openLoader: () =>
          Promise.resolve(
            startLoader({
              format: point.format,
              connection: scratch.connection,
              programs,
              environment: forPrograms,
              signal,
            }),
          ),
        countRows: () => scratch.countRows(),
        [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of owned.toReversed()) await one[Symbol.asyncDispose]();
    },
  };
}
