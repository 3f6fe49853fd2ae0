import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Context } from '../core/context.ts';
import { PgbakError, StorageError } from '../core/errors.ts';
import { withCredentials } from '../server/destination.ts';
import type { DestinationFields, DestinationRecord } from '../server/destination-record.ts';
import { ATTEMPTS_WHILE_SOMEBODY_WAITS, storageFor, storageToPrune } from '../server/storage-at.ts';
import { parsePlace } from '../storage/place.ts';
import { withoutLock } from '../storage/registry.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';
import { createTemporaryDirectory } from '../system/temporary-directory.ts';

/** No server can have an archive of that name. */
const testName = () => `pgbak-test-${randomUUID().slice(0, 8)}.txt.7z`;

async function opened(
  fields: DestinationFields,
  { catalog, environment }: Context,
  { isLocking = true } = {},
): Promise<Storage> {
  const destination = withCredentials(parsePlace(fields.place), { id: 0, ...fields }, environment);
  const attempts = ATTEMPTS_WHILE_SOMEBODY_WAITS;
  return await storageFor(isLocking ? destination : withoutLock(destination), catalog, { attempts });
}

/** Asks a destination whether it would take archives, as a backup does before its dump, and says what it found. */
export async function tryDestination(fields: DestinationFields, context: Context): Promise<string> {
  const storage = await opened(fields, context);
  await storage.prepare(testName(), context.signal);
  const limits = (await storage.limits?.(context.signal)) ?? [];
  return [`Storage: archives can go to ${storage.place}`, ...limits.map((one) => `With this key, ${one}`)].join('\n');
}

/** What `destination test` found. */
export interface TestedDestination {
  name: string;
  place: string;
  /** Whether a small object was stored, read back as it was, and removed. Null where that was not reached. */
  stored: boolean | null;
  readBack: boolean | null;
  removed: boolean | null;
  /** What the credentials do not allow, a sentence each. */
  limits: string[];
  /** What is wrong; null where all went well. */
  error: string | null;
}

/**
 * Stores a small object, reads it back and removes it. A key that may not remove is no failure: it is recommended, and told with the
 * name of what stays.
 */
export async function testDestination(record: DestinationRecord, context: Context): Promise<TestedDestination> {
  const { name, place } = record;
  const found: TestedDestination = {
    name,
    place,
    stored: null,
    readBack: null,
    removed: null,
    limits: [],
    error: null,
  };
  const { signal } = context;
  try {
    const objectName = testName();
    found.stored = false;
    await (await opened(record, context)).prepare(objectName, signal);
    // A test object that is locked could not be removed.
    const storage = await opened(record, context, { isLocking: false });
    found.limits = (await storage.limits?.(signal)) ?? [];
    const content = Buffer.from(`pgbak destination test ${objectName}\n`);
    const object = await put(storage, objectName, content, context);
    found.stored = true;
    found.readBack = false;
    try {
      const read = await buffer(await storage.get(object, signal));
      if (!read.equals(content)) throw new StorageError(`${place} gave back other bytes than it was given`);
      found.readBack = true;
    } finally {
      found.removed = await remove(object, record, found, context);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    found.error = error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
  }
  return found;
}

async function put(
  storage: Storage,
  name: string,
  content: Buffer,
  { environment, signal }: Context,
): Promise<StoredObject> {
  const base = environment.temporaryDirectory ?? tmpdir();
  await using directory = await createTemporaryDirectory({ base, owner: 'destination-test' });
  const path = join(directory.path, 'test');
  await writeFile(path, content);
  return await storage.put(name, { path, sizeBytes: content.length }, { signal, startedAt: new Date(), info: {} });
}

async function remove(
  object: StoredObject,
  record: DestinationRecord,
  found: TestedDestination,
  context: Context,
): Promise<boolean> {
  try {
    const server = { destinations: [record.name], b2Bucket: undefined, b2KeyId: undefined, b2AppKey: undefined };
    const storage = await storageToPrune(record, server, context);
    await storage.remove(object, context.signal);
    return true;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    found.limits.push(
      `it may not remove (${error.message}): the small object ${object.name} stays, and prune needs another key`,
    );
    return false;
  }
}
