import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { ConfigError, errorCode } from '../core/errors.ts';
import type { Clock } from '../system/clock.ts';
import { openSqlite, type Sqlite } from '../system/sqlite.ts';
import type { Adopted } from './adopt-earlier.ts';
import { backupQueries, type BackupQueries } from './backup-queries.ts';
import { absentCatalog, BUSY_TIMEOUT_MS, databaseKind, fileKind, type FileKind } from './file-kind.ts';
import { guarded, identityOf, sameFile } from './guarded.ts';
import { historyQueries, type HistoryQueries } from './history-queries.ts';
import { migrate, refuseNewer, SCHEMA } from './migrate.ts';
import { openError } from './open-error.ts';
import { isUnwritable, openPrivateCopy } from './private-copy.ts';
import { placeQueries, type PlaceQueries } from './place-queries.ts';
import { rebuildQueries, type RebuildQueries } from './rebuild-queries.ts';
import { runNote, type RunNote } from './run-lock.ts';
import type { Schema } from './schema.ts';
import { serverQueries, type ServerQueries } from './server-queries.ts';
import { mendSideFiles } from './side-files.ts';
import { toCompact } from './row-reader.ts';
import { verificationQueries, type VerificationQueries } from './verification-queries.ts';

/** What pgbak remembers: its servers and their backups. */
export interface Catalog {
  /** Made with the catalogue: marks what belongs to it in storage and in the temporary directory. */
  id: string;
  /** Absolute, without symbolic links. */
  path: string;
  servers: ServerQueries;
  backups: BackupQueries;
  verifications: VerificationQueries;
  history: HistoryQueries;
  rebuild: RebuildQueries;
  places: PlaceQueries;
  runNote: RunNote;
  /** Set when opening it has just adopted a file of the earlier program. */
  adopted: (Adopted & { copyPath: string }) | undefined;
  /**
   * Copies all of it, as it is at one moment, into an empty file
   * (https://www.sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause).
   */
  copyTo: (target: string) => void;
  close(): Promise<void>;
}

/**
 * What the caller is going to do. `create`: make the catalogue where there is none. `change`: write to one that is there.
 * `read`: look at one that is there, in a copy where it cannot be written. `read or nothing`: the same, but one that is
 * not there counts as empty.
 */
export type CatalogUse = 'create' | 'change' | 'read' | 'read or nothing';

export interface OpenOptions {
  use: CatalogUse;
  clock: Clock;
  /** Where a private copy may be put to read it. */
  temporaryDirectory: string;
}

/**
 * Opens the catalogue at `path`: brings an older one to today's schema and adopts a file of the earlier program; a copy of
 * either is put beside it first. Creates it (mode 0600, its directory 0700) only where that is its `use`: an empty one in
 * place of one that is not mounted would say that all is well. A file that is no catalogue, or one of a newer pgbak, is
 * refused untouched. Throws a `ConfigError` for what a user can mend.
 */
export async function openCatalog(path: string, options: OpenOptions): Promise<Catalog> {
  const { use } = options;
  try {
    if (use === 'read or nothing' && isAbsent(path)) return await openNothing(path);
    refuseEmpty(path, use);
    if (use === 'create') createFile(path);
    accessSync(path, constants.R_OK | constants.W_OK);
    return await openInPlace(path, options);
  } catch (error) {
    const problem = openError(path, error);
    if ((use !== 'read' && use !== 'read or nothing') || !isUnwritable(error)) throw problem;
    return await openCopy(path, problem, options);
  }
}

async function openInPlace(path: string, { clock }: OpenOptions): Promise<Catalog> {
  mendSideFiles(path);
  const file = fileKind(path);
  if (file.kind === 'current') refuseNewer(path, file.schema);
  const database = openSqlite(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const opened = identityOf(path);
    const copyPath = `${path}.before-pgbak-${toCompact(clock.now())}Z`;
    let adopted: Adopted | undefined;
    if (isOfBefore(file)) {
      adopted = await bringToToday(database, path, () => writeCopy(copyPath, database.serialize()));
      chmodSync(path, 0o600);
      database.exec('pragma journal_mode = wal');
    }
    return await catalogOf(database, path, {
      check: sameFile(path, opened),
      adopted: adopted === undefined ? undefined : { ...adopted, copyPath },
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** For a command that only reads: a copy of a catalogue that cannot be opened where it is, as `problem` tells. */
async function openCopy(path: string, problem: unknown, { temporaryDirectory }: OpenOptions): Promise<Catalog> {
  let database: Sqlite;
  try {
    database = openPrivateCopy(path, [temporaryDirectory]);
  } catch {
    throw problem;
  }
  try {
    const file = databaseKind(database, path);
    if (file.kind === 'current') refuseNewer(path, file.schema);
    if (isOfBefore(file)) await bringToToday(database, path, () => {});
    database.exec('pragma query_only = on');
    return await catalogOf(database, path, { check: () => {}, adopted: undefined });
  } catch (error) {
    database.close();
    throw openError(path, error);
  }
}

/** An empty catalogue that is nowhere. */
async function openNothing(path: string): Promise<Catalog> {
  const database = openSqlite(':memory:');
  await bringToToday(database, path, () => {});
  return await catalogOf(database, path, { check: () => {}, adopted: undefined });
}

const isOfBefore = (file: FileKind) => file.kind !== 'current' || file.schema !== SCHEMA;

async function bringToToday(database: Sqlite, path: string, keepCopy: () => void): Promise<Adopted | undefined> {
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
  return (await migrate(db, database, path, keepCopy)).adopted;
}

async function catalogOf(
  database: Sqlite,
  path: string,
  { check, adopted }: { check: () => void; adopted: Catalog['adopted'] },
): Promise<Catalog> {
  database.exec('pragma foreign_keys = on');
  const explain = (error: unknown) => openError(path, error);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: guarded(database, { explain, check }) }) });
  const meta = await db.selectFrom('pgbak_meta').select('value').where('name', '=', 'id').executeTakeFirst();
  if (meta === undefined) {
    throw new ConfigError(`the catalogue ${path} is damaged: it has lost its id`, 'Restore it from a copy.');
  }
  return {
    id: meta.value,
    path: existsSync(path) ? realpathSync(path) : path,
    servers: serverQueries(db),
    backups: backupQueries(db),
    verifications: verificationQueries(db),
    history: historyQueries(db),
    rebuild: rebuildQueries(db),
    places: placeQueries(db),
    runNote: runNote(db),
    adopted,
    copyTo: (target) => copyTo(database, target),
    close: () => db.destroy(),
  };
}

function copyTo(database: Sqlite, target: string): void {
  const isLookedAtOnly = database.prepare('pragma query_only').pluck().get() === 1;
  try {
    if (isLookedAtOnly) database.exec('pragma query_only = off');
    database.prepare('vacuum into ?').run(target);
  } catch (error) {
    throw openError(target, error);
  } finally {
    if (isLookedAtOnly) database.exec('pragma query_only = on');
  }
}

const isAbsent = (path: string) => lstatSync(path, { throwIfNoEntry: false }) === undefined;

/** Throws for a catalogue that is not there, or of which nothing but the name is. */
function refuseEmpty(path: string, use: CatalogUse): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  // A link that leads nowhere is for the system to tell of.
  if (stats === undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  if (stats !== undefined && (stats.size > 0 || !stats.isFile())) return;
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if ((log?.size ?? 0) > 0) {
    throw new ConfigError(
      `the catalogue ${path} is gone, and its last changes are there still: ${path}-wal`,
      'Put the catalogue back beside them. Or, to begin anew, move that file away.',
    );
  }
  if (use === 'create') return;
  throw stats === undefined
    ? absentCatalog(path)
    : new ConfigError(
        `the catalogue ${path} is an empty file`,
        'Put a copy of it there. Or, to begin anew, remove it and add a server: pgbak add',
      );
}

/** The file is made here, since SQLite would give it a mode by the umask: it is going to hold passwords. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Never over an older copy, and on the disk before the file itself is changed. */
function writeCopy(path: string, content: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
