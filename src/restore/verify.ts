import { Writable } from 'node:stream';
import { join } from 'node:path';
import type { Secret } from '../config/secret.ts';
import type { ServerRecord } from '../config/server.ts';
import { PgbakError, StorageError } from '../errors.ts';
import type { RestorePoint } from './choose-point.ts';
import { fetchArchive } from './fetch-archive.ts';
import type { RestoreTools } from './restore.ts';

export const LEVELS = ['remote', 'archive'] as const;
/**
 * `remote`: storage has the object, with the size (and in B2 the SHA-1) that was recorded. `archive`: all of it is
 * fetched, compared, opened, and its dump read to the end.
 */
export type Level = (typeof LEVELS)[number];

export interface Verification {
  serverId: number;
  name: string;
  backupId: number;
  level: Level;
  isGood: boolean;
  /** What was seen, or what is wrong. */
  message: string;
}

type VerifyTools = Omit<RestoreTools, 'say'>;

/** Checks one restore point. Rejects only when interrupted; whatever is wrong with the backup is in the result. */
export async function verify(
  level: Level,
  server: ServerRecord,
  point: RestorePoint,
  password: () => Secret | undefined,
  tools: VerifyTools,
): Promise<Verification> {
  const identity = { serverId: server.id, name: server.name, backupId: point.backupId, level };
  try {
    const message = await (level === 'remote'
      ? checkRemote(server, point, tools)
      : readAll(server, point, password(), tools));
    return { ...identity, isGood: true, message };
  } catch (error) {
    tools.signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    return { ...identity, isGood: false, message: error.message };
  }
}

async function checkRemote(server: ServerRecord, point: RestorePoint, tools: VerifyTools): Promise<string> {
  const { objectName, objectId, sizeBytes, sha1 } = point;
  const storage = await tools.storageOf(point, server);
  for await (const object of storage.list(objectName, tools.signal)) {
    if (object.id !== objectId) continue;
    const isSame =
      object.sizeBytes === (sizeBytes ?? object.sizeBytes) && (object.sha1 ?? sha1) === (sha1 ?? object.sha1);
    if (isSame) return `${storage.place} has ${objectName} with ${object.sizeBytes} bytes`;
    throw new StorageError(
      `${objectName} in ${storage.place} has ${object.sizeBytes} bytes, not the ${sizeBytes} that were stored, or other ones`,
    );
  }
  throw new StorageError(`${objectName} is not in ${storage.place} any more (${objectId})`);
}

async function readAll(
  server: ServerRecord,
  point: RestorePoint,
  password: Secret | undefined,
  tools: VerifyTools,
): Promise<string> {
  const storage = await tools.storageOf(point, server);
  await using directory = await tools.createTemporaryDirectory();
  const archivePath = join(directory.path, 'archive.7z');
  await fetchArchive(point, storage, archivePath, tools.signal, () => {});
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const dumpBytes = await tools.copyDump(archivePath, point, password, nowhere);
  return `read to its end: ${dumpBytes} bytes of dump`;
}
