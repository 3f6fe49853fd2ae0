import { ConfigError, errorCode, errorMessage, PgbakError } from '../errors.ts';
import { nativeModuleProblem } from './native-module.ts';

const SENTENCES: Record<string, [string, string]> = {
  SQLITE_NOTADB: ['is no SQLite file', 'Set DB_PATH to the catalogue; nothing was changed.'],
  SQLITE_CANTOPEN: [
    'cannot be opened',
    'Check that it is a file and that this user may read and write it and its directory.',
  ],
  SQLITE_CANTOPEN_ISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  SQLITE_READONLY: ['may not be written to', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  SQLITE_PERM: ['may not be opened by this user', 'Run pgbak as the user who owns it.'],
  SQLITE_BUSY: [
    'is in use by another program',
    'Wait for it to end, or look who holds it (fuser, lsof), then try again.',
  ],
  SQLITE_CORRUPT: ['is damaged', 'Restore it from a copy, or recover what is left with: sqlite3 FILE .recover'],
  SQLITE_FULL: ['cannot grow: the disk is full', 'Free some space on its file system.'],
  EACCES: ['may not be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EPERM: ['may not be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EROFS: ['is on a read-only file system', 'Set DB_PATH to a file that can be written.'],
  ENOTDIR: ['lies below something that is no directory', 'Correct DB_PATH.'],
  EEXIST: ['lies below something that is no directory', 'Correct DB_PATH.'],
  EISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  ENOSPC: ['cannot be created: the disk is full', 'Free some space on its file system.'],
};

/** What went wrong when a catalogue was opened, in words; errors of pgbak itself stay as they are. */
export function openError(path: string, error: unknown): unknown {
  if (error instanceof PgbakError) return error;
  const native = nativeModuleProblem(error);
  if (native !== undefined) return native;
  const code = errorCode(error) ?? '';
  const known = SENTENCES[code] ?? SENTENCES[code.split('_').slice(0, 2).join('_')];
  if (known !== undefined) return new ConfigError(`the catalogue ${path} ${known[0]}`, known[1]);
  if (code.startsWith('SQLITE_')) {
    return new ConfigError(`the catalogue ${path} cannot be used: ${errorMessage(error)} (${code})`);
  }
  return error;
}
