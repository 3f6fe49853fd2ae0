import { closeSync, openSync } from 'node:fs';
import { ConfigError, errorCode, errorMessage, PgbakError } from '../../core/errors.ts';

const FULL: [string, string] = ['cannot be written: its disk is full', 'Free some space on its file system.'];
const NO_ROOM_TO_OPEN = 'Raise the limit where pgbak is started: ulimit -n 1024, or LimitNOFILE= of a systemd unit.';

const SENTENCES: Record<string, [string, string]> = {
  SQLITE_NOTADB: ['is not a SQLite file', 'Set DB_PATH to the catalogue. Nothing was changed.'],
  SQLITE_CANTOPEN: [
    'cannot be opened',
    'It must be a file that this user can read and write, and so must its directory.',
  ],
  SQLITE_CANTOPEN_ISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  SQLITE_READONLY: [
    'cannot be written to by this user',
    'Run pgbak as the user who owns it, or set DB_PATH to another file.',
  ],
  SQLITE_READONLY_DBMOVED: ['was moved or deleted while pgbak ran', 'Put it back, then run again.'],
  SQLITE_PERM: ['cannot be opened by this user', 'Run pgbak as the user who owns it.'],
  SQLITE_AUTH: ['does not allow this', 'Run pgbak as the user who owns it.'],
  SQLITE_BUSY: [
    'is in use by another program',
    'Wait until it ends, and try again. To see which program it is: fuser FILE',
  ],
  SQLITE_LOCKED: ['is in use by another program', 'Wait until it ends, and try again.'],
  SQLITE_PROTOCOL: ['is in use by other programs all the time', 'Wait until they end, and try again.'],
  SQLITE_CORRUPT: [
    'is damaged',
    'Put a copy in its place. Without a copy: pgbak catalog rebuild --from PLACE, or sqlite3 FILE .recover',
  ],
  SQLITE_FULL: FULL,
  SQLITE_IOERR: [
    'cannot be read or written: its disk reports an error',
    'Check the disk, and the log of the kernel (dmesg).',
  ],
  SQLITE_IOERR_SHMSIZE: FULL,
  SQLITE_IOERR_NOMEM: ['cannot be used: there is no memory left', 'Give the machine or the container more memory.'],
  SQLITE_NOMEM: ['cannot be used: there is no memory left', 'Give the machine or the container more memory.'],
  SQLITE_TOOBIG: ['holds a value that is too large to be read', 'Put a copy in its place.'],
  EACCES: ['cannot be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EPERM: ['cannot be opened by this user', 'Run pgbak as the user who owns it, or set DB_PATH to another file.'],
  EROFS: ['is on a read-only file system', 'Set DB_PATH to a file that this user can write to.'],
  ENOTDIR: ['has something in its path that is not a directory', 'Correct DB_PATH.'],
  EEXIST: ['has something in its path that is not a directory', 'Correct DB_PATH.'],
  EISDIR: ['is a directory', 'Set DB_PATH to a file in it.'],
  ELOOP: ['is a symbolic link that leads to itself', 'Correct DB_PATH.'],
  ENAMETOOLONG: ['has a path that is too long', 'Correct DB_PATH.'],
  ENOENT: [
    'is a symbolic link that leads nowhere',
    'Correct the link or DB_PATH. Is the disk mounted that the link leads to?',
  ],
  ENOSPC: ['cannot be created: the disk is full', 'Free some space on its file system.'],
  EDQUOT: ['cannot be written: the quota of this user is used up', 'Free some space, or raise the quota.'],
  EIO: ['cannot be read or written: its disk reports an error', 'Check the disk, and the log of the kernel (dmesg).'],
  ESTALE: ['is on a network file system that is gone', 'Mount the file system again.'],
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
