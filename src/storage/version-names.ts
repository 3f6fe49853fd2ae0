import { createHash, randomBytes } from 'node:crypto';
import { posix } from 'node:path';

const EXTENSION = /\.(?:sql|bin|dir|sqlite)\.7z$/;
const VERSION = /^(.*)\.(\d{8}T\d{6}Z)(?:-(\d+))?(\.(?:sql|bin|dir|sqlite)\.7z)$/;
const PARTIAL = '.partial';

/** A version by its file's name, where a storage keeps each backup in a file of its own: `shop.20261123T101500Z.sql.7z`. */
export interface Version {
  /** Relative to the place. */
  file: string;
  /** The object's name: `shop.sql.7z`. */
  name: string;
  stamp: string;
  storedAt: Date;
  /** Counts the versions of one second, from 1. */
  number: number;
}

/**
 * The file name of a version, with its time stamp before the extension. Another one of the same second gets a number;
 * `attempt` counts from 1.
 */
export function versionNameOf(name: string, startedAt: Date, attempt: number): string {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const number = attempt === 1 ? '' : `-${attempt}`;
  return `${name.slice(0, name.length - extension.length)}.${stampOf(startedAt)}${number}${extension}`;
}

/** Reads the path of a version, relative to its place; undefined for any other file. */
export function parseVersion(file: string): Version | undefined {
  const [, base, stamp, number, extension] = VERSION.exec(file) ?? [];
  if (base === undefined || stamp === undefined || extension === undefined) return undefined;
  const storedAt = instantOf(stamp);
  if (storedAt === undefined) return undefined;
  return { file, name: base + extension, stamp, storedAt, number: Number(number ?? 1) };
}

/** The versions among files whose object name begins with `prefix`, by name and then newest first. */
export function versionsAmong(files: readonly string[], prefix: string): Version[] {
  const versions = files.flatMap((file) => {
    const version = parseVersion(file);
    return version?.name.startsWith(prefix) === true ? [version] : [];
  });
  return versions.sort((a, b) => compare(a.name, b.name) || compare(b.stamp, a.stamp) || b.number - a.number);
}

/** The names of versions that files with that suffix belong to, all in the folder of `name`; they may be gone. */
export function versionsWithSuffix(entries: readonly string[], name: string, suffix: string): string[] {
  return entries.flatMap((entry) => {
    if (!entry.endsWith(suffix)) return [];
    const version = entry.slice(0, -suffix.length);
    const [, base, , , extension] = VERSION.exec(version) ?? [];
    return base !== undefined && extension !== undefined && base + extension === posix.basename(name) ? [version] : [];
  });
}

/** The hidden name of an unfinished file, with the mark of the catalogue that writes it. */
export function partialNameOf(name: string, owner: string): string {
  const file = `${partialPrefix(name, owner)}${randomBytes(4).toString('hex')}${PARTIAL}`;
  return posix.join(posix.dirname(name), file);
}

/** The unfinished files of one name and owner among those of its folder. */
export function partialsAmong(entries: readonly string[], name: string, owner: string): string[] {
  const prefix = partialPrefix(name, owner);
  return entries.filter((entry) => entry.startsWith(prefix) && entry.endsWith(PARTIAL));
}

function partialPrefix(name: string, owner: string): string {
  const mark = createHash('sha256').update(owner).digest('hex').slice(0, 8);
  return `.${posix.basename(name)}.${mark}-`;
}

/** Undefined for a date that does not exist, such as February 30. */
function instantOf(stamp: string): Date | undefined {
  const instant = new Date(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  return Number.isNaN(instant.getTime()) || stampOf(instant) !== stamp ? undefined : instant;
}

function stampOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
