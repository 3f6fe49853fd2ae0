import type { RowCounts } from '../core/backup-record.ts';
import type { RestorePoint } from './choose-point.ts';
import type { OpenArchive } from './open-archive.ts';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolveReference } from '../server/reference.ts';
import type { Secret } from '../core/secret.ts';
import { ProgramError } from '../core/errors.ts';
import type { ClientPrograms } from '../postgres/client-programs.ts';
import { parseConnection } from '../postgres/connection.ts';
import { isWholeOrigin, originOf } from '../postgres/dump-toc/dump-origin.ts';
import { judgeLoad, type LoadJudgment } from '../postgres/judge-load.ts';
import { startLoader, type Loader } from '../postgres/load-dump.ts';
import { programsThatRead } from '../postgres/match-version.ts';
import { ownServerEnvironment } from '../postgres/program-environment.ts';
import type { Database } from '../postgres/database.ts';
import { startScratchCluster, type ScratchCluster } from '../postgres/scratch-cluster.ts';
import { createScratchDatabase, dropAbandoned, scratchName, type ScratchOwner } from '../postgres/scratch-database.ts';
import { needsOf, type ScratchNeeds } from '../postgres/scratch-needs.ts';
import { rolesStatement } from '../postgres/scratch-roles.ts';
import { missingTablespaces } from '../postgres/missing-there.ts';
import { unprivilegedAccount } from '../system/account.ts';
import { clientProgramsOf } from '../server/programs.ts';
import { once } from '../system/once.ts';
import { reach } from './reach.ts';
import type { Context } from '../core/context.ts';
import { directoryFor, heldDirectory, sweepKilled } from './scratch-place.ts';

/** Where backups are restored to be looked at: a server that was named, or one of our own that lives as long as this. */
export interface ScratchServer extends AsyncDisposable {
  /** What a throwaway server must have for a dump to load, as far as its backup tells. */
  firstNeeds: (point: RestorePoint) => Promise<ScratchNeeds>;
  /** Adds what the beginning of the dump tells, where its backup did not tell it. */
  learnNeeds: (needs: ScratchNeeds, point: RestorePoint, archive: OpenArchive) => Promise<ScratchNeeds>;
  /** A throwaway database to load a dump of that format into. */
  createScratch: (point: RestorePoint, needs: ScratchNeeds) => Promise<Scratch>;
}

/** A throwaway database. */
interface Scratch extends AsyncDisposable {
  openLoader: () => Promise<Loader>;
  /** What it means that it did not load the dump. */
  judge: (failure: ProgramError) => LoadJudgment;
  countRows: () => Promise<RowCounts>;
}

interface Reached {
  database: Database;
  major: number;
  programs: ClientPrograms;
  owner: ScratchOwner;
  /** Where it is pgbak's own. */
  cluster?: ScratchCluster;
}

/** Nothing is started before the first database is asked for. `given` is a connection string, or a reference to one. */
export function openScratchServer(given: Secret | undefined, context: Context): ScratchServer {
  const { environment, catalog, signal } = context;
  const owned: AsyncDisposable[] = [];
  const url = given ?? environment.scratchUrl;
  const mark = createHash('sha256').update(`${hostname()}\n${catalog.id}`).digest('hex').slice(0, 8);

  const named = once(async (): Promise<Reached> => {
    if (url === undefined) throw new Error('no scratch URL was given');
    const resolved = resolveReference(url, 'the scratch URL', environment.variable);
    const reached = await reach(parseConnection(resolved), context);
    const directory = await heldDirectory(context);
    owned.push(directory);
    const owner = { mark, id: directory.id };
    const major = reached.facts.version.major;
    const { inUse } = await sweepKilled(context);
    await dropAbandoned({ server: reached.database, major }, owner, inUse);
    return { ...reached, major, owner };
  });

  /** One for all that need no more, and another where a backup needs it: of another version or encoding, or larger. */
  const clusters = new Map<string, () => Promise<Reached>>();
  const swept = once(() => sweepKilled(context));
  const own = async (needs: ScratchNeeds, name: string): Promise<Reached> => {
    const { origin, encoding, preload, lockedObjects } = needs;
    const isAlone = preload.includes('pg_cron') ? name : '';
    const key = [origin.serverMajor ?? 0, encoding ?? '', lockedObjects, isAlone, ...preload].join(' ');
    const start = clusters.get(key) ?? once(() => startOwn(needs, name));
    clusters.set(key, start);
    return await start();
  };
  const startOwn = async (needs: ScratchNeeds, cronDatabase: string): Promise<Reached> => {
    const found = await clientProgramsOf(context);
    await swept();
    const account = unprivilegedAccount();
    const directory = await directoryFor(account, context);
    owned.push(directory);
    const cluster = await startScratchCluster({
      found,
      directory: directory.path,
      account,
      environment: ownServerEnvironment(environment.variables),
      signal,
      needs,
      cronDatabase,
    });
    owned.push(cluster);
    const { database, programs } = cluster;
    return {
      database,
      major: programs.version.major,
      programs,
      owner: { mark, id: directory.id },
      cluster,
    };
  };

  return {
    firstNeeds: async (point) =>
      needsOf(await catalog.backups.databaseFacts(point.backupId), point.encoding, point.roles),
    learnNeeds: async (needs, { format }, { readHead }) => {
      if (isWholeOrigin(needs.origin)) return needs;
      return { ...needs, origin: { ...originOf(format, await readHead()), ...needs.origin } };
    },
    createScratch: async (point, needs) => {
      const provisional = scratchName({ mark, id: 'own' });
      const server = url === undefined ? await own(needs, provisional) : await named();
      const { database, major, cluster, owner } = server;
      const name = cluster === undefined ? scratchName(owner) : provisional;
      for (const tablespace of needs.tablespaces) await cluster?.createTablespace(tablespace);
      const lacking = await missingTablespaces(needs.tablespaces, database);
      const scratch = await createScratchDatabase({ server: database, major, name, needs });
      try {
        // The roles of the dump must not be made on a server that others use. Their names are in its encoding.
        if (cluster !== undefined && needs.roles.length > 0) {
          await scratch.database.ask(rolesStatement(needs.roles));
        }
      } catch (error) {
        await scratch[Symbol.asyncDispose]();
        throw error;
      }
      const programs = programsThatRead(needs.origin.clientMajor, server.programs, database.found);
      const loader = {
        format: point.format,
        database: scratch.database,
        programs,
        noTablespaces: lacking.length > 0,
      };
      return {
        openLoader: () => Promise.resolve(startLoader(loader)),
        countRows: () => scratch.countRows(),
        judge: (failure) =>
          judgeLoad(failure, { needs, isOurs: cluster !== undefined, major, madeOtherwise: scratch.madeOtherwise }),
        // A server that is gone keeps nothing, and the next verification drops what another keeps.
        [Symbol.asyncDispose]: async () => {
          try {
            await scratch[Symbol.asyncDispose]();
          } catch (error) {
            if (!(error instanceof ProgramError)) throw error;
          }
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of owned.toReversed()) await one[Symbol.asyncDispose]();
    },
  };
}
