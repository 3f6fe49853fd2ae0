import { tmpdir } from 'node:os';
import type { Report } from './events.ts';
import type { Tools } from './tools.ts';
import { knownPlaceOf } from '../server/destination.ts';
import { SMALLEST_LIMIT_BYTES, type Environment } from '../server/environment.ts';
import { resolveReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';
import { resolvePingUrls, resolveSettings } from '../server/settings.ts';
import { PgbakError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { systemClock } from '../system/clock.ts';
import { createSlots } from '../system/concurrency.ts';
import { openPrograms } from './open-programs.ts';
import type { ScratchServer } from '../restore/open-scratch.ts';
import type { Workplace } from '../terminal/open-workplace.ts';
import { roomOpener } from './room-opener.ts';
import { storageFor } from '../server/storage-at.ts';

export interface ToolOptions {
  signal: AbortSignal;
  report: Report;
  /** pgbak's own version. */
  version: string;
  /** How many servers may be backed up at once. */
  jobs: number;
}

/** Of all servers that are backed up at once together: they share one line, and each part costs memory. */
const UPLOADS_AT_ONCE = 4;

/**
 * Everything a run needs. What it may not come to need (HTTP clients, execa) is loaded when it does, because a run with
 * nothing due, every hour, is what pgbak does most.
 */
export function buildTools(workplace: Workplace, options: ToolOptions): Tools & AsyncDisposable {
  const { catalog, environment } = workplace;
  const { signal, report, version, jobs } = options;
  let scratch: ScratchServer | undefined;
  const temporary = { base: environment.temporaryDirectory ?? tmpdir(), owner: catalog.id };
  const slots = createSlots(UPLOADS_AT_ONCE);
  const programs = openPrograms(environment, process.env, signal);
  return {
    catalog,
    clock: systemClock,
    signal,
    report,
    version,
    settingsFor: (server, overrides) => resolveSettings(server, environment, overrides),
    placeOf: (server) => knownPlaceOf(server, environment),
    hostOf: (server) => hostOf(server, environment),
    pingUrlsFor: (server) => resolvePingUrls(server, environment),
    checkConnection: (connectionString) => void parseConnection(connectionString),
    prepareDump: programs.prepareDump,
    findPrograms: programs.findPrograms,
    writeArchive: programs.writeArchive,
    storageFor: (destination) => storageFor(destination, catalog, { slots }),
    openRoom: roomOpener(Math.max(environment.temporaryLimitBytes / jobs, SMALLEST_LIMIT_BYTES), { signal, report }),
    verify: async (level, server, point, password) => {
      const [{ openScratchServer }, { buildVerifyTools }, { verifyAndTell }] = await Promise.all([
        import('../restore/open-scratch.ts'),
        import('../restore/open-verify.ts'),
        import('../restore/verify-and-tell.ts'),
      ]);
      scratch ??= openScratchServer(undefined, workplace, signal);
      const warn = (message: string) => report({ type: 'warning', server: server.name, message });
      const tools = buildVerifyTools(workplace, { scratch, signal, version, warn });
      return await verifyAndTell(level, server, point, () => password, tools);
    },
    copiesCatalog: environment.copiesCatalog,
    archiveCatalog: async (path) => {
      const { archiveCatalog, sharedPassword } = await import('./archive-catalog.ts');
      const password = sharedPassword(await catalog.servers.list(), environment);
      const { copyRecent } = await import('../catalog/copy-recent.ts');
      const copyTo = async (target: string) => await copyRecent(catalog.path, target);
      return await archiveCatalog(workplace, path, password, signal, copyTo);
    },
    prune: async (server, justMade) => {
      const { pruneIn } = await import('../retention/open-prune.ts');
      return await pruneIn(workplace, server, { isDry: false, justMade }, signal);
    },
    ping: async (moment, url, body, limits) => {
      const { ping } = await import('../notify/ping.ts');
      return await ping({ moment, url, body, userAgent: `pgbak/${version}`, clock: systemClock, ...limits });
    },
    createTemporaryDirectory: async () => {
      const { createTemporaryDirectory } = await import('../system/temporary-directory.ts');
      return await createTemporaryDirectory(temporary);
    },
    sweepTemporaryDirectories: async () => {
      const { sweepTemporaryDirectories } = await import('../system/temporary-directory.ts');
      const { sweepKilled } = await import('../restore/scratch-place.ts');
      return [...(await sweepTemporaryDirectories(temporary)), ...(await sweepKilled(workplace)).removed];
    },
    [Symbol.asyncDispose]: async () => await scratch?.[Symbol.asyncDispose](),
  };
}

function hostOf({ id, connectionString }: ServerRecord, { variable }: Environment): string {
  try {
    return parseConnection(resolveReference(connectionString, 'the connection string', variable)).host;
  } catch (error) {
    if (error instanceof PgbakError) return `server ${id}`;
    throw error;
  }
}
