import { FORMAT_EXTENSIONS, FORMATS, type Compression, type Format } from '../core/archive-format.ts';
import { ConfigError } from '../core/errors.ts';

/** Reads a server's name. Commands take an id or a name, so a name of digits only would be read as an id. */
export function parseName(text: string): string {
  const name = text.trim();
  if (name === '') throw new ConfigError('the name of the server is empty', 'For example: --name shop');
  if (isId(name))
    throw new ConfigError(
      `the name "${name}" would be taken for an id: add a letter to it, such as shop${name}`,
      `For example: --name shop${name}`,
    );
  if (hasControlCharacter(name))
    throw new ConfigError(
      'the name has a control character: use letters and digits, such as shop',
      'For example: --name shop',
    );
  return name;
}

/** A name for a server that no other server has, close to the wanted one. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const base = isId(wanted) ? `server-${wanted}` : wanted;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** Longer than any name that a person types, short enough for a listing. */
const LONGEST_FOREIGN_NAME = 200;

/** Whether a name read from a storage can be shown, and typed. */
export function isName(text: string): boolean {
  return text.trim() !== '' && text.length <= LONGEST_FOREIGN_NAME && !hasControlCharacter(text);
}

function isId(text: string): boolean {
  return /^\d+$/.test(text);
}

function hasControlCharacter(text: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001F\u007F]/.test(text);
}

const EXAMPLE = 'For example: --archive-name production/shop';

/** Room for the time stamp and extension behind the name within B2's 1,024 bytes and a file system's 255. */
const LONGEST_NAME_BYTES = 900;
const LONGEST_PART_BYTES = 200;

/**
 * Checks a name under which archives are stored. It may hold `/`. Throws a `ConfigError` for names that would leave the
 * destination (`..`, an absolute path), that B2 refuses (https://www.backblaze.com/docs/cloud-storage-files, "File
 * names") or that no file system takes.
 */
export function parseArchiveName(text: string): string {
  const problem = problemOf(text);
  if (problem === undefined) return text;
  // A URL may hold a secret.
  if (text.includes('://'))
    throw new ConfigError('the archive name is a URL: use a name such as shop or production/shop', EXAMPLE);
  const shown = text.length > LONGEST_PART_BYTES ? `${text.slice(0, LONGEST_PART_BYTES)}...` : text;
  throw new ConfigError(`the archive name "${shown}" ${problem}: use a name such as shop or production/shop`, EXAMPLE);
}

/** Whether pgbak could have given that name. A storage may list others. */
export function isArchiveName(text: string): boolean {
  return problemOf(text) === undefined;
}

function problemOf(text: string): string | undefined {
  const parts = text.split('/');
  if (text === '') return 'is empty';
  if (text.startsWith('/')) return 'begins with a slash';
  if (parts.includes('')) return 'has an empty part between or behind its slashes';
  if (parts.some((part) => part === '.' || part === '..')) return 'has a part "." or ".."';
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001F\u007F\\]/.test(text)) return 'has a control character or a backslash';
  if (Buffer.byteLength(text) > LONGEST_NAME_BYTES) return `is longer than ${LONGEST_NAME_BYTES} bytes`;
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_PART_BYTES)) {
    return `has a part longer than ${LONGEST_PART_BYTES} bytes`;
  }
  return undefined;
}

/**
 * The name of a dump inside its archive. It shows which program opens it: `shop.sql` is for psql, `shop.bin` for
 * pg_restore, `shop.sql.zst` first for zstd; `shop.dir` is a directory for pg_restore.
 */
export function entryNameOf(archiveName: string, format: Format, method: Compression['method']): string {
  const base = archiveName.slice(archiveName.lastIndexOf('/') + 1);
  return `${base}.${FORMAT_EXTENSIONS[format]}${method === 'zstd' ? '.zst' : ''}`;
}

/** The name of the roles and settings beside the dump: `shop.globals.sql`. */
export function globalsEntryNameOf(archiveName: string): string {
  return `${archiveName.slice(archiveName.lastIndexOf('/') + 1)}.globals.sql`;
}

/** The archive name and format in an object's name; undefined where it names no archive of pgbak. */
export function parseObjectName(objectName: string): { archiveName: string; format: Format } | undefined {
  const [, archiveName, extension] = /^(.+)\.(sql|bin|dir)\.7z$/.exec(objectName) ?? [];
  const format = FORMATS.find((one) => FORMAT_EXTENSIONS[one] === extension);
  return archiveName === undefined || format === undefined ? undefined : { archiveName, format };
}

/** The name of an archive in storage, as people are told it before the first backup: a cluster has an archive for each database. */
export function shownObjectName({ archiveName, format, allDatabases }: Archived): string {
  return objectNameOf(allDatabases ? `${archiveName}/DATABASE` : archiveName, format);
}

interface Archived {
  archiveName: string;
  format: Format;
  allDatabases: boolean;
}

/** The name of an archive in storage: `production/shop.sql.7z`. */
export function objectNameOf(archiveName: string, format: Format): string {
  return `${archiveName}.${FORMAT_EXTENSIONS[format]}.7z`;
}
