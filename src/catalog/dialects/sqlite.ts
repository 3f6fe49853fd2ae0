import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, sql, SqliteDialect } from 'kysely';
import { ConfigError, errorCode } from '../../core/errors.ts';
import type { Clock } from '../../system/clock.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { openSqlite, type Sqlite } from '../../system/sqlite.ts';
import type { Adopted } from '../adopt-earlier.ts';
import { migrate, refuseNewer, SCHEMA } from '../migrate.ts';
import type { CatalogUse, OpenOptions } from '../open-catalog.ts';
import { toCompact } from '../row-reader.ts';
import type { Schema } from '../schema.ts';
import { isUnwritable, openPrivateCopy } from './sqlite-copy.ts';
import { catalogError } from './sqlite-errors.ts';
import {
  absentCatalog,
  BUSY_TIMEOUT_MS,
  kindOfDatabase,
  kindOfFile,
  mendSideFiles,
  type FileKind,
} from './sqlite-file.ts';
import { guardDatabase, identityOf, refuseOtherFile } from './sqlite-guard.ts';

/** An open catalogue of today's schema, and what each kind of database does in its own way. */
export interface CatalogDatabase {
  /** Asks the queries; destroying it closes the catalogue. */
  db: Kysely<Schema>;
  /** Made with the catalogue: marks what belongs to it in storage and in the temporary directory. */
  id: string;
  /** Absolute, without symbolic links. */
  path: string;
  /** Present when opening has just adopted a file of the earlier program. */
  adopted: (Adopted & { copyPath: string }) | undefined;
  /**
   * Copies the catalogue, as it is at one moment, into an empty file
   * (https://www.sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause).
   */
  copyTo: (target: string) => void;
  /** Gives the space of removed entries back to the disk. Needs as much free space as the catalogue takes. */
  compact: () => Promise<void>;
}

/** Opens a SQLite catalogue: see `openCatalog`. */
export async function openSqliteCatalog(path: string, options: OpenOptions): Promise<CatalogDatabase> {
  const { use } = options;
  try {
    if (use === 'read or nothing' && isAbsent(path)) return await openNothing(path);
    refuseEmpty(path, use);
    if (use === 'create') createFile(path);
    accessSync(path, constants.R_OK | constants.W_OK);
    return await openInPlace(path, options.clock);
  } catch (error) {
    const problem = catalogError(path, error);
    if ((use !== 'read' && use !== 'read or nothing') || !isUnwritable(error)) throw problem;
    return await openCopy(path, problem, options.temporaryDirectory);
  }
}

async function openInPlace(path: string, clock: Clock): Promise<CatalogDatabase> {
  mendSideFiles(path);
  const file = kindOfFile(path);
  if (file.kind === 'current') refuseNewer(path, file.schema);
  const database = openSqlite(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    const opened = identityOf(path);
    const copyPath = `${path}.before-pgbak-${toCompact(clock.now())}Z`;
    let adopted: Adopted | undefined;
    if (needsMigration(file)) {
      adopted = await migrate(database, path, () => writeCopy(copyPath, database.serialize()));
      chmodSync(path, 0o600);
      database.exec('pragma journal_mode = wal');
    }
    return await catalogDatabase(database, path, {
      refuseOther: refuseOtherFile(path, opened),
      adopted: adopted === undefined ? undefined : { ...adopted, copyPath },
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens a copy to read a catalogue that cannot be opened in its place; throws `problem` where no copy can be made. */
async function openCopy(path: string, problem: unknown, temporaryDirectory: string): Promise<CatalogDatabase> {
  let database: Sqlite;
  try {
    database = openPrivateCopy(path, [temporaryDirectory]);
  } catch {
    throw problem;
  }
  try {
    const file = kindOfDatabase(database, path);
    if (file.kind === 'current') refuseNewer(path, file.schema);
    if (needsMigration(file)) await migrate(database, path, () => {});
    database.exec('pragma query_only = on');
    return await catalogDatabase(database, path);
  } catch (error) {
    database.close();
    throw catalogError(path, error);
  }
}

/** An empty catalogue in memory. */
async function openNothing(path: string): Promise<CatalogDatabase> {
  const database = openSqlite(':memory:');
  await migrate(database, path, () => {});
  return await catalogDatabase(database, path);
}

const needsMigration = (file: FileKind) => file.kind !== 'current' || file.schema !== SCHEMA;

interface InPlace {
  /** Throws when the path leads to another file than the one that was opened. */
  refuseOther?: () => void;
  adopted?: CatalogDatabase['adopted'];
}

async function catalogDatabase(
  database: Sqlite,
  path: string,
  { refuseOther = () => {}, adopted }: InPlace = {},
): Promise<CatalogDatabase> {
  database.exec('pragma foreign_keys = on');
  const explain = (error: unknown) => catalogError(path, error);
  const guarded = guardDatabase(database, explain, refuseOther);
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: guarded }) });
  const meta = await db.selectFrom('pgbak_meta').select('value').where('name', '=', 'id').executeTakeFirst();
  if (meta === undefined) {
    throw new ConfigError(`the catalogue ${path} is damaged: its id is missing`, 'Put a copy in its place.');
  }
  return {
    db,
    id: meta.value,
    path: existsSync(path) ? realpathSync(path) : path,
    adopted,
    copyTo: (target) => copyTo(database, target),
    compact: async () => {
      await sql`vacuum`.execute(db);
      await sql`pragma wal_checkpoint(truncate)`.execute(db);
    },
  };
}

function copyTo(database: Sqlite, target: string): void {
  // VACUUM INTO writes to another file, but is refused all the same under query_only.
  const isReadOnly = database.prepare('pragma query_only').pluck().get() === 1;
  try {
    if (isReadOnly) database.exec('pragma query_only = off');
    database.prepare('vacuum into ?').run(target);
  } catch (error) {
    throw catalogError(target, error);
  } finally {
    if (isReadOnly) database.exec('pragma query_only = on');
  }
}

const isAbsent = (path: string) => lstatSync(path, { throwIfNoEntry: false }) === undefined;

/** Throws for a catalogue that is absent or an empty file, unless `use` allows to create it. */
function refuseEmpty(path: string, use: CatalogUse): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  // The system reports a link that leads nowhere.
  if (stats === undefined && !isAbsent(path)) return;
  if (stats !== undefined && (stats.size > 0 || !stats.isFile())) return;
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if ((log?.size ?? 0) > 0) {
    throw new ConfigError(
      `the catalogue ${path} is gone, but its last changes are still there: ${path}-wal`,
      'Put the catalogue back beside them. Or, to start with an empty catalogue, move that file away.',
    );
  }
  if (use === 'create') return;
  throw stats === undefined
    ? absentCatalog(path)
    : new ConfigError(
        `the catalogue ${path} is an empty file`,
        'Put a copy in its place. Or, to start with an empty catalogue, remove the file and add a server: pgbak add',
      );
}

/** Creates the file with mode 0600: it will hold passwords, and SQLite would use the umask. */
function createFile(path: string): void {
  makeDirectory(dirname(path), 0o700);
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** Writes a copy to disk before the file itself is changed; never over an older copy. */
function writeCopy(path: string, content: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
