import { constants, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../core/errors.ts';
import { openSqlite, type Sqlite } from '../system/sqlite.ts';

/** For where even the temporary directory is full: part of the memory, as a file system (Linux). */
const IN_MEMORY = '/dev/shm';
/** A catalogue of more than a million log entries. */
const MOST_BYTES_IN_MEMORY = 512 * 1024 ** 2;
const TRIES = 5;

/** What keeps a catalogue from being opened where it is, but not from being read. */
const UNWRITABLE =
  /^(?:EACCES|EPERM|EROFS|ENOSPC|EDQUOT|SQLITE_(?:READONLY|CANTOPEN|FULL|PERM|IOERR_(?:SHM|WRITE|LOCK|FSYNC)).*)$/;

export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.test(errorCode(error) ?? '');
}

/**
 * Opens a copy of a catalogue of today's schema, to be read where the file itself cannot be: SQLite needs a file beside
 * it that it can write. The copy has no name any more once this returns, so that it need not be removed. In
 * `directories`, the first that has room. Throws the system's error where the catalogue cannot be read either.
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
  // "Write-ahead log", which what is in memory has none of (https://www.sqlite.org/fileformat2.html#file_format_version_numbers)
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

/** Copies the file and its write-ahead log as they were at one moment, also while somebody else writes to them. */
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
