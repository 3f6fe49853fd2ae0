import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, realpathSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { errorCode } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { openSqlite, preparingOnce, type Sqlite } from '../system/sqlite.ts';
import type { Adopted } from './adopt-earlier.ts';
import { backupQueries, type BackupQueries } from './backup-queries.ts';
import { BUSY_TIMEOUT_MS, fileKind } from './file-kind.ts';
import { migrate, refuseNewer, SCHEMA } from './migrate.ts';
import { openError } from './open-error.ts';
import { rebuildQueries, type RebuildQueries } from './rebuild-queries.ts';
import type { Schema } from './schema.ts';
import { serverQueries, type ServerQueries } from './server-queries.ts';
import { toCompact } from './timestamps.ts';
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
  rebuild: RebuildQueries;
  /** Set when opening it has just adopted a file of the earlier program. */
  adopted: (Adopted & { copyPath: string }) | undefined;
  close(): Promise<void>;
}

/**
 * Opens the catalogue at `path`: creates it (mode 0600, its directory 0700), brings an older one to today's schema, and
 * adopts a file of the earlier program; a copy of either is put beside it first. A file that is no catalogue, or one of a
 * newer pgbak, is refused untouched. Throws a `ConfigError` for whatever a user can mend.
 */
export async function openCatalog(path: string, { clock }: { clock: Clock }): Promise<Catalog> {
  let database: Sqlite | undefined;
  try {
    createFile(path);
    const file = fileKind(path);
    if (file.kind === 'current') refuseNewer(path, file.schema);
    database = openSqlite(path, { timeout: BUSY_TIMEOUT_MS });
    const copyPath = `${path}.before-pgbak-${toCompact(clock.now())}Z`;
    let adopted: Adopted | undefined;
    if (file.kind !== 'current' || file.schema !== SCHEMA) {
      const source = database;
      const changing = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) });
      ({ adopted } = await migrate(changing, database, path, () => writeCopy(copyPath, source.serialize())));
      chmodSync(path, 0o600);
      database.exec('pragma journal_mode = wal');
    }
    database.exec('pragma foreign_keys = on');
    const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: preparingOnce(database) }) });
    const { value: id } = await db
      .selectFrom('pgbak_meta')
      .select('value')
      .where('name', '=', 'id')
      .executeTakeFirstOrThrow();
    return {
      id,
      path: realpathSync(path),
      servers: serverQueries(db),
      backups: backupQueries(db),
      verifications: verificationQueries(db),
      rebuild: rebuildQueries(db),
      adopted: adopted === undefined ? undefined : { ...adopted, copyPath },
      close: () => db.destroy(),
    };
  } catch (error) {
    database?.close();
    throw openError(path, error);
  }
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
