import type { Level, RowCounts } from '../core/backup-record.ts';
import type { Context } from '../core/context.ts';
import { formatBytes } from '../core/format.ts';
import { quoted } from '../core/printable.ts';
import { whereOf } from '../storage/place.ts';
import { ArchiveError, PgbakError, ProgramError, RoomError, StorageError } from '../core/errors.ts';
import type { LoadJudgment } from './scratch/judge-load.ts';
import type { ScratchNeeds } from './scratch/needs.ts';
import { isRoles, type ServerRecord } from '../server/server.ts';
import { storageOf } from '../server/storage-at.ts';
import type { Storage } from '../storage/storage.ts';
import { announceVerified } from './announce-verified.ts';
import type { ArchivePasswords } from './archive-passwords.ts';
import type { RestorePoint } from './choose-point.ts';
import { type ArchiveRequest, load, nowhere, type OpenArchive, withArchive } from './open-archive.ts';
import { readRoles } from './cluster/restore-roles.ts';
import type { ScratchServer } from './scratch/open-scratch.ts';

export interface Verification {
  serverId: number;
  name: string;
  backupId: number;
  /** Where the copy is that was looked at. */
  place: string;
  level: Level;
  /** `unknown`: the backup could not be checked, which proves nothing about it. */
  verdict: 'good' | 'bad' | 'unknown';
  isGood: boolean;
  /** What the verification saw, or the fault that it found. */
  message: string;
}

export interface VerifyRequest {
  level: Level;
  server: ServerRecord;
  point: RestorePoint;
  /** Called inside the verification: a password that cannot be had makes the verdict `unknown`. */
  passwords: () => ArchivePasswords;
  /** Where backups are restored to. */
  scratch: ScratchServer;
  /** Accept an archive without encryption even where there is a password. */
  allowsUnencrypted?: boolean;
}

/** Checks one restore point, records the result, and pings the verify URL. Rejects only when interrupted. */
export async function verify(request: VerifyRequest, context: Context): Promise<Verification> {
  const verification = await verifyQuietly(request, context);
  await announceVerified(request.server, [verification], context);
  return verification;
}

/** The same without the ping: of several backups of a server, a good one must not take back what a bad one told. */
export async function verifyQuietly(request: VerifyRequest, context: Context): Promise<Verification> {
  const verification = await look(request, context);
  const { level, verdict, isGood, message } = verification;
  // The row of the copy, which may be of another place than the backup's own.
  const { backupId } = request.point;
  // An unknown verdict changes nothing that is known of the backup.
  if (verdict !== 'unknown') {
    const { catalog, clock } = context;
    await catalog.verifications.record({ backupId, level, isGood, message, verifiedAt: clock.now() });
  }
  return verification;
}

async function look(request: VerifyRequest, context: Context): Promise<Verification> {
  const { level, server, point } = request;
  const backupId = point.copyOf ?? point.backupId;
  const identity = { serverId: server.id, name: server.name, backupId, place: point.place, level };
  try {
    const check = { remote: checkRemote, archive: readAll, restore: isRoles(server) ? createRoles : loadAll }[level];
    const message = await check(request, context);
    return { ...identity, verdict: 'good', isGood: true, message };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    const proof = await proofIn(error, request, context);
    if (proof !== undefined) return { ...identity, verdict: 'bad', isGood: false, message: proof.message };
    const { message, hint } = error.about(server.name);
    return {
      ...identity,
      verdict: 'unknown',
      isGood: false,
      message: hint === undefined ? message : `${message}. ${hint}`,
    };
  }
}

/**
 * The error that proves a backup bad. A storage or a scratch server that does not answer proves nothing; an archive that
 * cannot be fetched is proof only where storage does not list it either.
 */
async function proofIn(error: PgbakError, request: VerifyRequest, context: Context): Promise<ArchiveError | undefined> {
  if (error instanceof ArchiveError) return error;
  if (!(error instanceof StorageError)) return undefined;
  try {
    await checkRemote(request, context);
    return undefined;
  } catch (other) {
    return other instanceof ArchiveError ? other : undefined;
  }
}

type Check = (request: VerifyRequest, context: Context) => Promise<string>;

const checkRemote: Check = async ({ point, server }, context) => {
  const { objectName, objectId, sizeBytes, sha1 } = point;
  const storage = await storageOf(point, server, context);
  const object = await objectOf(point, storage, context.signal);
  const where = whereOf({ place: storage.place, objectName, objectId });
  if (object === undefined) throw new ArchiveError(`${objectName} is not in ${storage.place} any more (${objectId})`);
  const isSame =
    object.sizeBytes === (sizeBytes ?? object.sizeBytes) && (object.sha1 ?? sha1) === (sha1 ?? object.sha1);
  if (isSame) return `${where} is there, with ${formatBytes(object.sizeBytes)}`;
  throw new ArchiveError(
    `${where} has ${object.sizeBytes} bytes, not the ${sizeBytes} that were stored, or other ones`,
  );
};

async function objectOf({ objectName, objectId }: RestorePoint, storage: Storage, signal: AbortSignal) {
  if (storage.find !== undefined) return await storage.find({ id: objectId });
  for await (const object of storage.list(objectName, signal)) if (object.id === objectId) return object;
  return undefined;
}

function archiveOf(request: VerifyRequest): ArchiveRequest {
  const { server, point, level } = request;
  const asTyped = `verify ${quoted(server.name)} --at ${point.copyOf ?? point.backupId} --level ${level}`;
  return { ...request, passwords: request.passwords(), asTyped };
}

const readAll: Check = async (request, context) => {
  const dumpBytes = await withArchive(archiveOf(request), context, ({ copyTo }) => copyTo(nowhere()));
  return `read to its end: a dump of ${formatBytes(dumpBytes)}`;
};

/** The roles of a cluster, in a server that is started for it: on another one they would stay. */
const createRoles: Check = async (request, context) =>
  await withArchive(archiveOf(request), context, async (archive) => {
    const { script } = await readRoles(archive);
    const needs = await request.scratch.firstNeeds(request.point);
    return await request.scratch.tryRoles(script, needs);
  });

const loadAll: Check = async (request, context) => {
  const { point, scratch } = request;
  const noted = await scratch.firstNeeds(point);
  const found = await withArchive(archiveOf(request), context, async (archive) => {
    let needs = await scratch.learnNeeds(noted, point, archive);
    for (let tries = 1; ; tries += 1) {
      const loaded = await loadOnce(request, needs, archive, context);
      if ('rows' in loaded) return loaded.rows;
      const { judgment, failure } = loaded;
      if ('reason' in judgment) throw judgment.reason;
      if (tries === MAX_TRIES) throw failure;
      needs = judgment.again;
    }
  });
  const tables = Object.keys(found).length;
  const rows = Object.values(found).reduce((sum, count) => sum + count, 0);
  const counted = await context.catalog.backups.rowCounts(point.backupId);
  const seen = `restored: ${tables} tables with ${rows} rows`;
  if (counted === undefined) return seen;
  const differing = differences(counted, found);
  const [first] = differing;
  if (first === undefined) return `${seen}, as many as were counted with the dump`;
  const more = differing.length === 1 ? '' : `, and ${differing.length - 1} more tables differ`;
  throw new ArchiveError(`restored, but not all of it: ${first}${more}`);
};

/** Each try may show one thing that the throwaway server needs: a role, a tablespace, a library. */
const MAX_TRIES = 12;

async function loadOnce(
  { point, scratch: server }: VerifyRequest,
  needs: ScratchNeeds,
  archive: OpenArchive,
  { signal }: Context,
): Promise<{ rows: RowCounts } | { judgment: LoadJudgment; failure: ProgramError }> {
  await using scratch = await server.createScratch(point, needs);
  const loader = await scratch.openLoader();
  try {
    await load(loader, archive);
  } catch (failure) {
    signal.throwIfAborted();
    if (!(failure instanceof ProgramError) || failure instanceof RoomError) throw failure;
    return { judgment: scratch.judge(failure), failure };
  }
  return { rows: await scratch.countRows() };
}

function differences(counted: RowCounts, found: RowCounts): string[] {
  return Object.entries(counted).flatMap(([table, rows]) => {
    const restored = found[table];
    if (restored === rows) return [];
    return `${table} has ${restored === undefined ? 'not come back' : `${restored} rows`}, ${rows} were dumped`;
  });
}
