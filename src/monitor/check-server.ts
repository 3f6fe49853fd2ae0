import { whereNext } from '../storage/place.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConnection } from '../postgres/connection.ts';
import type { Concern } from '../postgres/dump-concerns.ts';
import { prepareDump } from '../postgres/prepare-dump.ts';
import { databaseOf } from '../server/programs.ts';
import { shownObjectName } from '../server/names.ts';
import type { ServerRecord } from '../server/server.ts';
import type { ServerDestination } from '../server/destination.ts';
import { resolveSettings, type ServerSettings } from '../server/settings.ts';
import { resolvePingUrls } from '../server/ping-urls.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor } from '../server/storage-at.ts';
import type { Storage } from '../storage/storage.ts';
import { judgeLifecycle } from './check-lifecycle.ts';
import { lackOfRoom } from './check-room.ts';
import { lapsedEncryption } from './lapsed-encryption.ts';
import { checkRights, neededPrograms } from './server-needs.ts';
import { finding, problemOf, type Examination, type Finding } from './findings.ts';
import { quoted } from '../core/printable.ts';
import { hintFor } from '../core/server-hint.ts';

/** Checks everything that a backup of one server needs. */
export async function checkServer(server: ServerRecord, examination: Examination): Promise<Finding[]> {
  const { environment } = examination;
  const about = server.name;
  let settings: ServerSettings;
  try {
    settings = resolveSettings(server, environment);
  } catch (error) {
    return [problemOf(about, error), ...checkPings(server, examination)];
  }
  let concerns: readonly Concern[] = [];
  const openDatabase = async () => await databaseOf(parseConnection(settings.connectionString), examination);
  if (server.allDatabases) {
    const { checkClusterDatabases } = await import('./check-cluster.ts');
    const found = await checkClusterDatabases(server, parseConnection(settings.connectionString), examination);
    const own = found.filter((one) => one.about === about);
    return [
      ...own,
      ...(await checkSurroundings(server, settings, examination)),
      ...found.filter((one) => one.about !== about),
    ];
  }
  const connection = await finding(about, async () => {
    const database = await openDatabase();
    const dump = await prepareDump({ database, server, format: settings.format });
    concerns = dump.concerns;
    return { level: 'ok', message: dump.summary };
  });
  const rights =
    connection.level === 'ok'
      ? [
          await finding(about, async () => ({
            level: 'ok',
            message: await checkRights(server, await openDatabase()),
          })),
        ]
      : [];
  return [
    connection,
    ...concerns.map(({ level, message, hint }): Finding => ({
      about,
      level: level === 'advice' ? 'warning' : level,
      message,
      hint: hintFor(hint, about),
    })),
    ...rights,
    ...(await checkSurroundings(server, settings, examination)),
  ];
}

/** Checks what a backup needs beside its database. */
async function checkSurroundings(
  server: ServerRecord,
  settings: ServerSettings,
  examination: Examination,
): Promise<Finding[]> {
  return [
    ...(await checkPrograms(server, examination)),
    ...(await Promise.all(settings.destinations.map((one) => checkStorage(server, one, settings, examination)))).flat(),
    ...(await checkSecrecy(server, settings, examination)),
    ...checkPings(server, examination),
  ];
}

async function checkPrograms(server: ServerRecord, examination: Examination): Promise<Finding[]> {
  return await Promise.all(
    neededPrograms(server, examination).map((look) =>
      finding(server.name, async () => ({ level: 'ok' as const, message: await look() })),
    ),
  );
}

async function checkStorage(
  server: ServerRecord,
  place: ServerDestination,
  settings: ServerSettings,
  examination: Examination,
): Promise<Finding[]> {
  const objectName = shownObjectName({ ...settings, allDatabases: server.allDatabases });
  const { catalog, environment, isProbing, signal } = examination;
  let judgements: Omit<Finding, 'about'>[] = [];
  const found = await finding(server.name, async () => {
    const storage = await storageFor(place.destination, catalog, { attempts: ATTEMPTS_WHILE_SOMEBODY_WAITS });
    await storage.check(objectName, signal);
    const lack = await lackOfRoom(server, storage.place, examination);
    if (lack !== undefined) return lack;
    judgements = judgeLifecycle(server, place, await storage.lifecycle?.(objectName, signal), environment);
    const limits = (await storage.limits?.(signal)) ?? [];
    if (!isProbing) {
      return judged(
        `archives can go to ${whereNext(storage.place, objectName)} (nothing was written; --probe-write tries it)`,
        limits,
      );
    }
    await probeWrite(storage, objectName, signal);
    return judged(`${storage.place} took a small file, and nothing of it is left`, limits);
  });
  return [found, ...judgements.map((one): Finding => ({ about: server.name, ...one }))];
}

/** Stores and removes a small object, under a name that no restore point has. */
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

/** A key that cannot restore is worth a warning on the day it is set up. */
function judged(message: string, limits: readonly string[]): Omit<Finding, 'about'> {
  if (limits.length === 0) return { level: 'ok', message };
  return {
    level: 'warning',
    message: `${message}; with this key: ${limits.join('; ')}`,
    hint: 'Give it the capabilities listBuckets, listFiles, readFiles and writeFiles.',
  };
}

async function checkSecrecy(
  server: ServerRecord,
  { archivePassword }: ServerSettings,
  { catalog, environment }: Examination,
): Promise<Finding[]> {
  if (archivePassword !== undefined) return [];
  const lapsed = catalog === undefined ? undefined : await lapsedEncryption(server, { catalog, environment });
  if (lapsed !== undefined) return [{ about: server.name, level: 'warning', ...lapsed }];
  const command = `pgbak edit ${quoted(server.name)} --archive-password file:/path/to/file`;
  const hint = `Put a password into a file, keep it elsewhere too, and name the file: ${command}`;
  return [{ about: server.name, level: 'warning', message: 'its archives are not encrypted', hint }];
}

function checkPings(server: ServerRecord, { environment }: Examination): Finding[] {
  const about = server.name;
  const { urls, problems } = resolvePingUrls(server, environment);
  const broken = problems.map((message): Finding => ({ about, level: 'problem', message }));
  if (broken.length > 0) return broken;
  // A ping URL for verifications does not tell of backups.
  const set = Object.keys(urls).filter((moment) => moment !== 'verify');
  if (set.length > 0) return [{ about, level: 'ok', message: `ping URLs for ${set.join(', ')} are well formed` }];
  const command = `pgbak edit ${quoted(about)} --hc-url https://hc-ping.com/your-uuid`;
  const hint = `Make a check at healthchecks.io, and give its URL: ${command}`;
  return [{ about, level: 'warning', message: 'no ping URL is set: its backups can fail or stop unnoticed', hint }];
}
