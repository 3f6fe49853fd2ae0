import { closeSync, openSync } from 'node:fs';
import { ConfigError, errorCode, errorMessage, PgbakError } from '../../core/errors.ts';

const FULL: [string, string] = ['cannot be written: its disk is full', 'Free some space on its file system.'];
const NO_ROOM_TO_OPEN = 'Raise the limit where pgbak is started: ulimit -n 1024, or LimitNOFILE= of a systemd unit.';

const SENTENCES: Record<string, [string, string]> = {
  SQLITE_NOTADB: ['is no SQLite file', 'Set DB_PATH to the catalogue; nothing was changed.'],
  SQLITE_CANTOPEN: [
    'cannot be opened',
    'Check that it is a file and that this user may read and write it and its directory.',
  ],
  SQLITE_CANTOPEN_ISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  SQLITE_READONLY: ['may not be written to', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  SQLITE_READONLY_DBMOVED: ['was moved or deleted while pgbak ran', 'Put it back, then run again.'],
  SQLITE_PERM: ['may not be opened by this user', 'Run pgbak as the user who owns it.'],
  SQLITE_AUTH: ['may not be used in that way', 'Run pgbak as the user who owns it.'],
  SQLITE_BUSY: [
    'is in use by another program',
    'Wait for it to end, or look who holds it (fuser, lsof), then try again.',
  ],
  SQLITE_LOCKED: ['is in use by another program', 'Wait for it to end, then try again.'],
  SQLITE_PROTOCOL: ['is in use by other programs, all the time', 'Wait for them to end, then try again.'],
  SQLITE_CORRUPT: ['is damaged', 'Restore it from a copy, or recover what is left with: sqlite3 FILE .recover'],
  SQLITE_FULL: FULL,
  SQLITE_IOERR: ['cannot be read or written: its disk reports an error', 'Look at the disk: dmesg, df.'],
  SQLITE_IOERR_SHMSIZE: FULL,
  SQLITE_IOERR_NOMEM: ['cannot be used: there is no memory left', 'Give the machine or the container more memory.'],
  SQLITE_NOMEM: ['cannot be used: there is no memory left', 'Give the machine or the container more memory.'],
  SQLITE_TOOBIG: ['holds a value that is too large to be read', 'Restore it from a copy.'],
  EACCES: ['may not be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EPERM: ['may not be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EROFS: ['is on a read-only file system', 'Set DB_PATH to a file that can be written.'],
  ENOTDIR: ['lies below something that is not a directory', 'Correct DB_PATH.'],
  EEXIST: ['lies below something that is not a directory', 'Correct DB_PATH.'],
  EISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  ELOOP: ['is a symbolic link that leads to itself', 'Correct DB_PATH.'],
  ENAMETOOLONG: ['has a path that is too long', 'Correct DB_PATH.'],
  ENOENT: ['is a symbolic link that leads nowhere', 'Correct the link or DB_PATH; is the disk mounted that it is on?'],
  ENOSPC: ['cannot be created: the disk is full', 'Free some space on its file system.'],
  EDQUOT: ['cannot be written: the quota of this user is used up', 'Free some space, or ask for more.'],
  EIO: ['cannot be read or written: its disk reports an error', 'Look at the disk: dmesg, df.'],
  ESTALE: ['was on a network file system that is gone', 'Mount it again.'],
  EMFILE: ['cannot be opened: this process has as many open files as it may have', NO_ROOM_TO_OPEN],
  ENFILE: ['cannot be opened: this machine has as many open files as it can have', 'Raise fs.file-max.'],
  ENOMEM: ['cannot be opened: there is no memory left', 'Give the machine or the container more memory.'],
};

/** Puts an error of SQLite or the system into words; pgbak's own errors, and bugs, stay as they are. */
export function catalogError(path: string, error: unknown): unknown {
  if (error instanceof PgbakError) return error;
  const native = nativeModuleProblem(error);
  if (native !== undefined) return native;
  const code = causeOf(path, errorCode(error) ?? '');
  const known = SENTENCES[code] ?? SENTENCES[code.split('_').slice(0, 2).join('_')];
  if (known !== undefined) return new ConfigError(`the catalogue ${path} ${known[0]}`, known[1]);
  if (code.startsWith('SQLITE_')) {
    return new ConfigError(`the catalogue ${path} cannot be used: ${errorMessage(error)} (${code})`);
  }
  return error;
}

/** SQLite says only that it cannot open a file; the system says why. */
function causeOf(path: string, code: string): string {
  if (code !== 'SQLITE_CANTOPEN') return code;
  try {
    closeSync(openSync(path, 'r'));
    return code;
  } catch (error) {
    return errorCode(error) ?? code;
  }
}

/**
 * The error to show when better-sqlite3's compiled part does not load: after an upgrade of Node it must be rebuilt. Undefined
 * for any other error.
 */
function nativeModuleProblem(error: unknown): ConfigError | undefined {
  const message = errorMessage(error);
  const isMissing = /could not locate the bindings file/i.test(message);
  const isForeign = errorCode(error) === 'ERR_DLOPEN_FAILED' || /NODE_MODULE_VERSION/.test(message);
  if (!isMissing && !isForeign) return undefined;
  const what = isMissing ? 'was not built when pgbak was installed' : 'was built for another version of Node';
  return new ConfigError(
    `better-sqlite3, which reads the catalogue, ${what} (this is Node ${process.version})`,
    'Reinstall pgbak with this Node: npm install -g --allow-scripts=better-sqlite3 pgbak (or: npm rebuild better-sqlite3).',
  );
}
