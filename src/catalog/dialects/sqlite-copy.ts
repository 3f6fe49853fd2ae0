import { constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../core/errors.ts';
import { openSqlite, type Sqlite } from '../../system/sqlite.ts';

/** A file system in memory (Linux), for when even the temporary directory is full. */
const IN_MEMORY = '/dev/shm';
/** The size of a catalogue with more than a million log entries. */
const MOST_BYTES_IN_MEMORY = 512 * 1024 ** 2;
const TRIES = 5;

/** Errors that keep SQLite from opening a catalogue in its place, although it can be read. */
const UNWRITABLE =
  /^(?:EACCES|EPERM|EROFS|ENOSPC|EDQUOT|SQLITE_(?:READONLY|CANTOPEN|FULL|PERM|IOERR_(?:SHM|WRITE|LOCK|FSYNC)).*)$/;

export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.test(errorCode(error) ?? '');
}

/**
 * Opens a copy of a catalogue whose own file SQLite cannot open: SQLite needs to write a file beside it. The copy is unlinked
 * once it is open, so it leaves nothing to remove. It goes to the first of `directories` that has room. Throws the system's
 * error where the catalogue cannot be read either.
 */
export function openPrivateCopy(path: string, directories: readonly string[]): Sqlite {
  let problem: unknown;
  for (const base of [...directories, IN_MEMORY]) {
    try {
      return openNameless(path, base);
    } catch (error) {
      if (!existsSync(path)) throw error;
      problem ??= error;
    }
  }
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if ((log?.size ?? 0) > 0 || statSync(path).size > MOST_BYTES_IN_MEMORY) throw problem;
  const content = readFileSync(path);
  // Unset "write-ahead log": a database in memory has none (https://www.sqlite.org/fileformat2.html#file_format_version_numbers)
  content.fill(1, 18, 20);
  return openSqlite(content);
}

function openNameless(path: string, base: string): Sqlite {
  const folder = mkdtempSync(join(base, 'pgbak-read-'));
  try {
    const copy = join(folder, 'catalog.sqlite');
    copyWhole(path, copy);
    const database = openSqlite(copy);
    try {
      database.exec('pragma journal_mode = delete');
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Copies the file and its write-ahead log as of one moment, even while another process writes to them. */
function copyWhole(path: string, copy: string): void {
  for (let tried = 1; ; tried += 1) {
    const before = stateOf(path);
    rmSync(`${copy}-wal`, { force: true });
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`, constants.COPYFILE_FICLONE);
    if (stateOf(path) === before || tried === TRIES) return;
  }
}

function stateOf(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => {
      const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
      return stats === undefined ? 'none' : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
    })
    .join('\n');
}
