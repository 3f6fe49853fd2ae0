import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { RowCounts } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { formatCount } from '../../core/format.ts';
import { ProgramError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { ClientPrograms } from '../../postgres/client-programs.ts';
import { parseConnection } from '../../postgres/connection.ts';
import type { Database } from '../../postgres/database.ts';
import { isWholeOrigin, originOf } from '../../postgres/dump-toc/dump-origin.ts';
import { programsThatRead } from '../../postgres/match-version.ts';
import { ownServerEnvironment } from '../../postgres/program-environment.ts';
import { clientProgramsOf } from '../../server/programs.ts';
import { correctedBy, reach } from '../target-server.ts';
import { resolveReference } from '../../server/reference.ts';
import { unprivilegedAccount } from '../../system/account.ts';
import type { RestorePoint } from '../choose-point.ts';
import { missingTablespaces } from '../database/role-limits.ts';
import { openFromDisk } from '../load/open-from-disk.ts';
import { startLoader } from '../load/load-dump.ts';
import type { Loader } from '../load/loader.ts';
import type { OpenArchive } from '../open-archive.ts';
import { directoryFor, heldDirectory, sweepKilled } from '../temporary.ts';
import { type ScratchCluster, startScratchCluster } from './cluster.ts';
import { judgeLoad, type LoadJudgment } from './judge-load.ts';
import { needsOf, rolesStatement, type ScratchNeeds } from './needs.ts';
import { createAllRoles } from '../../postgres/globals/load-globals.ts';
import { judgeGlobals } from '../../postgres/globals/judge-globals.ts';
import { createScratchDatabase, dropAbandoned, scratchName, type ScratchOwner } from './scratch-database.ts';

/** A server for throwaway databases: the one that the user names, or one that pgbak starts and ends. */
export interface ScratchServer extends AsyncDisposable {
  /** What the server must have for a dump to load, as far as the catalogue knows. */
  firstNeeds: (point: RestorePoint) => Promise<ScratchNeeds>;
  /** Adds what the beginning of the dump tells, where the catalogue does not know. */
  learnNeeds: (needs: ScratchNeeds, point: RestorePoint, archive: OpenArchive) => Promise<ScratchNeeds>;
  /** Creates a throwaway database for the dump of a restore point. */
  createScratch: (point: RestorePoint, needs: ScratchNeeds) => Promise<Scratch>;
  /** Creates the roles of a cluster, where pgbak starts the server; on another one only judges the script. Tells what was seen. */
  tryRoles: (script: Secret, needs: ScratchNeeds) => Promise<string>;
}

/** A throwaway database. */
interface Scratch extends AsyncDisposable {
  openLoader: () => Promise<Loader>;
  /** Tells what a failed load means for the backup. */
  judge: (failure: ProgramError) => LoadJudgment;
  countRows: () => Promise<RowCounts>;
}

interface Reached {
  database: Database;
  major: number;
  programs: ClientPrograms;
  owner: ScratchOwner;
  /** Set where pgbak started the server. */
  cluster?: ScratchCluster;
}

const ROLES_WAIT_SECONDS = 60;

/** Starts nothing before the first database is created. `given` is a connection string, or a reference to one. */
export function openScratchServer(given: Secret | undefined, context: Context): ScratchServer {
  const { environment, catalog, signal } = context;
  const owned: AsyncDisposable[] = [];
  const url = given ?? environment.scratchUrl;
  const mark = createHash('sha256').update(`${hostname()}\n${catalog.id}`).digest('hex').slice(0, 8);

  const named = once(async (): Promise<Reached> => {
    if (url === undefined) throw new Error('no scratch URL was given');
    const connection = parseConnection(resolveReference(url, 'the scratch URL', environment.variable));
    const reached = await reach(connection, context).catch((error: unknown) => {
      throw correctedBy(given === undefined ? 'PGBAK_SCRATCH_URL=' : '--scratch-url ', connection, error);
    });
    const directory = await heldDirectory(context);
    owned.push(directory);
    const owner = { mark, id: directory.id };
    const major = reached.facts.version.major;
    const { inUse } = await sweepKilled(context);
    await dropAbandoned({ server: reached.database, major }, owner, inUse);
    return { ...reached, major, owner };
  });

  /** Backups with the same needs (version, encoding, size, libraries) share one server. */
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
      environment: ownServerEnvironment(environment.variables()),
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
    tryRoles: async (script, needs) => {
      judgeGlobals(script.reveal());
      if (url !== undefined)
        return 'read to its end: roles as pg_dumpall writes them. They are not created on --scratch-url';
      // A cluster of its own: in one that other backups share, roles would be there already.
      const { database, programs } = await startOwn(needs, '');
      const count = await createAllRoles(script, { database, programs, lockWaitSeconds: ROLES_WAIT_SECONDS });
      return `restored: ${formatCount(count, 'role')} in a server that was started for it`;
    },
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
        // Create the roles of a dump only on our own server. Their names are in the encoding of the database.
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
        openLoader: async () =>
          point.format === 'directory' ? await openFromDisk(loader, 1, context) : startLoader(loader),
        countRows: () => scratch.countRows(),
        judge: (failure) =>
          judgeLoad(failure, { needs, isOurs: cluster !== undefined, major, madeOtherwise: scratch.madeOtherwise }),
        // A server that has ended keeps no database; on another one, the next verification drops it.
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

/** Does work once: later callers get the result of the first success. Work that failed is done again. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return async () => {
    result ??= work();
    try {
      return await result;
    } catch (error) {
      result = undefined;
      throw error;
    }
  };
}
