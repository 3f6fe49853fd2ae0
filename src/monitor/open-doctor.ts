import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { findZstd } from '../archive/zstd.ts';
import { exposedDirectory } from '../catalog/exposed-directory.ts';
import { catalogHealth } from '../catalog/health.ts';
import type { Catalog } from '../catalog/open-catalog.ts';
import { knownPlaceOf } from '../server/destination.ts';
import type { Environment } from '../server/environment.ts';
import { resolveReference } from '../server/reference.ts';
import { resolvePingUrls, resolveSettings } from '../server/settings.ts';
import type { DoctorTools, TemporaryRoom } from './doctor-tools.ts';
import { parseConnection } from '../postgres/connection.ts';
import { programEnvironment } from '../postgres/program-environment.ts';
import { prepareDump } from '../postgres/prepare-dump.ts';
import { fittingServer } from '../postgres/scratch-cluster.ts';
import { findUnreadableTables } from '../postgres/unreadable-tables.ts';
import type { Storage } from '../storage/storage.ts';
import { openDiskRoom } from '../system/disk-room.ts';
import { findSchedule } from '../schedule/find-schedule.ts';
import { createTemporaryDirectory } from '../system/temporary-directory.ts';
import { clientProgramsFor, once, sevenZipEnvironment, sevenZipFor } from '../backup/open-programs.ts';
import { reach } from '../restore/open-restore.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor } from '../server/storage-at.ts';

export interface DoctorOptions {
  environment: Environment;
  catalogPath: string;
  catalog: Catalog | undefined;
  version: string;
  program: string;
  isProbing: boolean;
  signal: AbortSignal;
}

export function buildDoctorTools(options: DoctorOptions): DoctorTools {
  const { environment, catalogPath, catalog, version, program, isProbing, signal } = options;
  const searchPath = process.env['PATH'] ?? '';
  const forPrograms = programEnvironment(process.env);
  const clientPrograms = once(() => clientProgramsFor(environment, process.env, signal));
  return {
    version,
    program,
    now: new Date(),
    signal,
    catalogHealth: catalogHealth(catalogPath),
    exposedDirectory: exposedDirectory(catalogPath),
    catalog,
    temporaryDirectory: environment.temporaryDirectory ?? tmpdir(),
    roomIn: (directory) => roomIn(directory, signal),
    temporaryLimitBytes: environment.temporaryLimitBytes,
    isSentWhileWritten: (server) => knownPlaceOf(server, environment)?.startsWith('file:') !== true,
    findSevenZip: () => sevenZipFor(environment, process.env, signal),
    findZstd: () => findZstd(sevenZipEnvironment(process.env), signal),
    scratchServer: async () => {
      if (environment.scratchUrl === undefined) {
        const { programs } = await fittingServer(await clientPrograms());
        return `a PostgreSQL ${programs.version.text} that is started for it`;
      }
      const url = resolveReference(environment.scratchUrl, 'the scratch URL', environment.variable);
      const { connection, facts } = await reach(parseConnection(url), environment, signal);
      return `${connection.label}, PostgreSQL ${facts.version.text}`;
    },
    findClientPrograms: clientPrograms,
    findSchedule: () => findSchedule(homedir(), searchPath, signal),
    settingsFor: (server) => resolveSettings(server, environment),
    pingUrlsFor: (server) => resolvePingUrls(server, environment),
    prepareDump: async (server, settings) =>
      await prepareDump({
        server,
        settings,
        found: await clientPrograms(),
        environment: forPrograms,
        signal,
      }),
    unreadableTables: async (server, { connectionString }) => {
      const connection = parseConnection(connectionString);
      return await findUnreadableTables(connection, server, await clientPrograms(), forPrograms, signal);
    },
    storageFor: (_server, { destination }) =>
      storageFor(destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS }),
    probeWrite: isProbing ? (storage, objectName) => probeWrite(storage, objectName, signal) : undefined,
  };
}

async function roomIn(base: string, signal: AbortSignal): Promise<TemporaryRoom> {
  await using directory = await createTemporaryDirectory({ base, owner: 'doctor' });
  const { bavail, bsize } = await statfs(base);
  const room = await openDiskRoom(join(directory.path, 'archive'), sevenZipEnvironment(process.env), signal);
  return { freeBytes: bavail * bsize, ...(typeof room === 'string' ? { refusal: room } : {}) };
}

/** Under a name of its own beside the archives, so that no restore point comes of it. */
async function probeWrite(storage: Storage, objectName: string, signal: AbortSignal): Promise<void> {
  const name = objectName.replace(/(\.\w+\.7z)$/, `.probe-${randomUUID().slice(0, 8)}$1`);
  if (storage.probe !== undefined) {
    await storage.probe(name, signal);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'pgbak-probe-'));
  try {
    const path = join(folder, 'probe');
    const content = 'pgbak doctor --probe-write\n';
    await writeFile(path, content);
    const file = { path, sizeBytes: Buffer.byteLength(content) };
    const stored = await storage.put(name, file, { signal, startedAt: new Date(), info: {} });
    await storage.remove(stored, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
