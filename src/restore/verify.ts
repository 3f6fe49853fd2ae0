import type { Level, RowCounts } from '../core/backup-record.ts';
import type { Secret } from '../core/secret.ts';
import type { ServerRecord } from '../server/server.ts';
import { ArchiveError, PgbakError, ProgramError, StorageError } from '../core/errors.ts';
import type { LoadJudgment } from '../postgres/judge-load.ts';
import type { Loader } from '../postgres/load-dump.ts';
import type { ScratchNeeds } from '../postgres/scratch-needs.ts';
import type { Storage } from '../storage/storage.ts';
import type { RestorePoint } from './choose-point.ts';
import { load, withArchive, type HandOverTools, type OpenArchive } from './hand-over.ts';
import { nowhere } from './nowhere.ts';

export interface Verification {
  serverId: number;
  name: string;
  backupId: number;
  level: Level;
  /** `unknown`: it could not be looked at, which proves nothing about the backup. */
  verdict: 'good' | 'bad' | 'unknown';
  isGood: boolean;
  /** What was seen, or what is wrong. */
  message: string;
}

export interface VerifyTools extends HandOverTools {
  /** What a throwaway server must have for a dump to load, as far as its backup tells. */
  firstNeeds: (point: RestorePoint) => Promise<ScratchNeeds>;
  /** Adds what the beginning of the dump tells, where its backup did not tell it. */
  learnNeeds: (needs: ScratchNeeds, point: RestorePoint, archive: OpenArchive) => Promise<ScratchNeeds>;
  /** A throwaway database to load a dump of that format into. */
  createScratch: (point: RestorePoint, needs: ScratchNeeds) => Promise<Scratch>;
  /** As they were counted with the dump; undefined where they were not. */
  rowCountsOf: (backupId: number) => Promise<RowCounts | undefined>;
}

export interface Scratch extends AsyncDisposable {
  openLoader: () => Promise<Loader>;
  /** What it means that it did not load the dump. */
  judge: (failure: ProgramError) => LoadJudgment;
  countRows: () => Promise<RowCounts>;
}

/** Checks one restore point. Rejects only when interrupted; what is wrong with the backup is in the result. */
export async function verify(
  level: Level,
  server: ServerRecord,
  point: RestorePoint,
  password: Password,
  tools: VerifyTools,
): Promise<Verification> {
  const identity = { serverId: server.id, name: server.name, backupId: point.backupId, level };
  try {
    const check = { remote: checkRemote, archive: readAll, restore: loadAll }[level];
    const message = await check(server, point, password, tools);
    return { ...identity, verdict: 'good', isGood: true, message };
  } catch (error) {
    tools.signal.throwIfAborted();
    if (!(error instanceof PgbakError)) throw error;
    const proof = await proofIn(error, server, point, tools);
    if (proof !== undefined) return { ...identity, verdict: 'bad', isGood: false, message: proof.message };
    const { message, hint } = error;
    return {
      ...identity,
      verdict: 'unknown',
      isGood: false,
      message: hint === undefined ? message : `${message}. ${hint}`,
    };
  }
}

/**
 * What proves that the backup itself is bad: a storage or a scratch server that does not answer says nothing of it. That
 * an archive cannot be had is proof where storage does not list it either.
 */
async function proofIn(
  error: PgbakError,
  server: ServerRecord,
  point: RestorePoint,
  tools: VerifyTools,
): Promise<ArchiveError | undefined> {
  if (error instanceof ArchiveError) return error;
  if (!(error instanceof StorageError)) return undefined;
  try {
    await checkRemote(server, point, () => undefined, tools);
    return undefined;
  } catch (other) {
    return other instanceof ArchiveError ? other : undefined;
  }
}

type Check = (server: ServerRecord, point: RestorePoint, password: Password, tools: VerifyTools) => Promise<string>;
type Password = () => Secret | undefined;

const checkRemote: Check = async (server, point, _password, tools) => {
  const { objectName, objectId, sizeBytes, sha1 } = point;
  const storage = await tools.storageOf(point, server);
  const object = await objectOf(point, storage, tools.signal);
  if (object === undefined) throw new ArchiveError(`${objectName} is not in ${storage.place} any more (${objectId})`);
  const isSame =
    object.sizeBytes === (sizeBytes ?? object.sizeBytes) && (object.sha1 ?? sha1) === (sha1 ?? object.sha1);
  if (isSame) return `${storage.place} has ${objectName} with ${object.sizeBytes} bytes`;
  throw new ArchiveError(
    `${objectName} in ${storage.place} has ${object.sizeBytes} bytes, not the ${sizeBytes} that were stored, or other ones`,
  );
};

async function objectOf({ objectName, objectId }: RestorePoint, storage: Storage, signal: AbortSignal) {
  if (storage.find !== undefined) return await storage.find({ id: objectId });
  for await (const object of storage.list(objectName, signal)) if (object.id === objectId) return object;
  return undefined;
}

const readAll: Check = async (server, point, password, tools) => {
  const dumpBytes = await withArchive(server, point, password(), tools, ({ copyTo }) => copyTo(nowhere()));
  return `read to its end: ${dumpBytes} bytes of dump`;
};

const loadAll: Check = async (server, point, password, tools) => {
  const noted = await tools.firstNeeds(point);
  const found = await withArchive(server, point, password(), tools, async (archive) => {
    let needs = await tools.learnNeeds(noted, point, archive);
    for (let tries = 1; ; tries += 1) {
      const loaded = await loadOnce(point, needs, archive, tools);
      if ('rows' in loaded) return loaded.rows;
      const { judgment, failure } = loaded;
      if ('reason' in judgment) throw judgment.reason;
      if (tries === MAX_TRIES) throw failure;
      needs = judgment.again;
    }
  });
  const tables = Object.keys(found).length;
  const rows = Object.values(found).reduce((sum, count) => sum + count, 0);
  const counted = await tools.rowCountsOf(point.backupId);
  const seen = `restored: ${tables} tables with ${rows} rows`;
  if (counted === undefined) return seen;
  const differing = differences(counted, found);
  const [first] = differing;
  if (first === undefined) return `${seen}, as many as were counted with the dump`;
  const more = differing.length === 1 ? '' : `, and ${differing.length - 1} more tables differ`;
  throw new ArchiveError(`restored, but not all of it: ${first}${more}`);
};

/** Each try may teach one thing that the throwaway server has to have: a role, a tablespace, a library. */
const MAX_TRIES = 12;

async function loadOnce(
  point: RestorePoint,
  needs: ScratchNeeds,
  archive: OpenArchive,
  tools: VerifyTools,
): Promise<{ rows: RowCounts } | { judgment: LoadJudgment; failure: ProgramError }> {
  await using scratch = await tools.createScratch(point, needs);
  const loader = await scratch.openLoader();
  try {
    await load(loader, archive);
  } catch (failure) {
    tools.signal.throwIfAborted();
    if (!(failure instanceof ProgramError)) throw failure;
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
