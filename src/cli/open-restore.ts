import { tmpdir } from 'node:os';
import { bundledSevenZip } from '../archive/bundled-seven-zip.ts';
import { copyEntry } from '../archive/copy-entry.ts';
import { findSevenZip } from '../archive/seven-zip.ts';
import { parseDestination } from '../config/destination.ts';
import type { Environment } from '../config/environment.ts';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import { resolveDestination } from '../config/settings.ts';
import { ConfigError } from '../errors.ts';
import { findClientPrograms } from '../postgres/client-programs.ts';
import { parseConnection } from '../postgres/connection.ts';
import { inspectServer } from '../postgres/inspect-server.ts';
import { startLoader } from '../postgres/load-dump.ts';
import { matchVersion } from '../postgres/match-version.ts';
import { programEnvironment } from '../postgres/program-environment.ts';
import type { RestorePoint } from '../restore/choose-point.ts';
import type { RestoreTools, Target } from '../restore/restore.ts';
import type { VerifyTools } from '../restore/verify.ts';
import type { Storage } from '../storage/storage.ts';
import { createTemporaryDirectory, sweepTemporaryDirectories } from '../system/temporary-directory.ts';
import { once, sevenZipEnvironment } from './open-programs.ts';
import { storageFor, type Workplace } from './open-tools.ts';

/** A week: no restore takes that long. */
const ABANDONED_AFTER_MS = 7 * 24 * 3_600_000;

export function buildRestoreTools(
  workplace: Workplace,
  say: (message: string) => void,
  signal: AbortSignal,
): RestoreTools {
  const { catalog, environment } = workplace;
  const searchPath = process.env['PATH'] ?? '';
  const sevenZip = once(() =>
    findSevenZip({ override: environment.sevenZip, searchPath, bundled: bundledSevenZip, signal }),
  );
  return {
    signal,
    say,
    storageOf: (point, server) => storageOf(point, server, workplace),
    createTemporaryDirectory: async () => {
      const place = { base: environment.temporaryDirectory ?? tmpdir(), owner: `${catalog.id} restore` };
      // Several restores may run at once, so that only what none of them can still be using is cleared away.
      await sweepTemporaryDirectories(place, ABANDONED_AFTER_MS);
      return await createTemporaryDirectory(place);
    },
    copyDump: async (archivePath, point, password, sink) => {
      const location = {
        sevenZip: await sevenZip(),
        environment: sevenZipEnvironment(process.env),
        archivePath,
        ...(password === undefined ? {} : { password }),
        signal,
      };
      return await copyEntry(location, point.format, sink);
    },
  };
}

/** Where a backup was stored then, with the keys of today: a server may have moved on to another bucket. */
async function storageOf(
  point: RestorePoint,
  server: ServerRecord,
  { catalog, environment }: Workplace,
): Promise<Storage> {
  const { place } = point;
  if (place.startsWith('file:')) {
    const destination = parseDestination(place);
    if (destination.kind === 'directory') return await storageFor(destination, catalog.id);
  }
  const bucket = place.replace(/^b2:/, '');
  const today = resolveDestination({ ...server, destination: 'b2', b2Bucket: bucket }, environment);
  return await storageFor(today, catalog.id);
}

/** The database that a dump is to be loaded into; a `ConfigError` when it holds tables already. */
export async function databaseTarget(
  url: Secret,
  point: RestorePoint,
  { environment }: Workplace,
  signal: AbortSignal,
): Promise<Target> {
  const { connection, facts, programs, forPrograms } = await reach(url, environment, signal);
  if (facts.tableCount > 0) {
    throw new ConfigError(
      `${connection.label} holds ${facts.tableCount} tables already, and nothing is restored over them`,
      'Restore into an empty database: createdb restored',
    );
  }
  return {
    kind: 'database',
    label: connection.label,
    openLoader: () => Promise.resolve(startLoader(point.format, connection, programs, forPrograms, signal)),
  };
}

/** Throwaway databases on the server behind `url`. */
export function scratchOn(
  url: Secret | undefined,
  { environment }: Workplace,
  signal: AbortSignal,
): VerifyTools['createScratch'] {
  return async (point) => {
    if (url === undefined) {
      throw new ConfigError(
        'where to restore was not said',
        'A server that may hold a throwaway database: --scratch-url URL',
      );
    }
    const { connection, found, programs, forPrograms } = await reach(url, environment, signal);
    const { createScratchDatabase } = await import('../postgres/scratch-database.ts');
    const scratch = await createScratchDatabase(connection, found, forPrograms, signal);
    return {
      openLoader: () => Promise.resolve(startLoader(point.format, scratch.connection, programs, forPrograms, signal)),
      countRows: () => scratch.countRows(),
      [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
    };
  };
}

/** A server that something is to be loaded into, and the client programs that fit it. */
async function reach(url: Secret, environment: Environment, signal: AbortSignal) {
  const connection = parseConnection(url);
  const forPrograms = programEnvironment(process.env);
  const search = { override: environment.pgBin, searchPath: process.env['PATH'] ?? '', signal };
  const found = await findClientPrograms(search);
  const facts = await inspectServer(connection, found, forPrograms, signal);
  const programs = matchVersion(connection.label, facts.version, found);
  return { connection, facts, found, programs, forPrograms };
}
