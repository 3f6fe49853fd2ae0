import { createHash, randomBytes } from 'node:crypto';
import { type Dirent, existsSync } from 'node:fs';
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { errorCode } from '../../core/errors.ts';
import { CATALOG_FACT, type StoredObject } from '../storage.ts';
import { directoryError } from './files.ts';
import { readSidecar, SIDECAR } from './sidecar.ts';

const EXTENSION = /\.(?:sql|bin|sqlite)\.7z$/;
/** The fact that names a version, to the second. */
const STARTED_FACT = 'pgbak-started-at';
/** Files that are examined at once. */
const AT_ONCE = 16;
const VERSION = /^(.*)\.(\d{8}T\d{6}Z)(?:-(\d+))?(\.(?:sql|bin|sqlite)\.7z)$/;

/**
 * The file name of a version, with its time stamp before the extension. Another one of the same second gets a number;
 * `attempt` counts from 1.
 */
export function versionNameOf(name: string, startedAt: Date, attempt: number): string {
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const number = attempt === 1 ? '' : `-${attempt}`;
  return `${name.slice(0, name.length - extension.length)}.${stampOf(startedAt)}${number}${extension}`;
}

/** The hidden name of an unfinished file, with the mark of the catalogue that writes it. */
export function partialNameOf(name: string, owner: string): string {
  return join(dirname(name), `${partialPrefix(name, owner)}${randomBytes(4).toString('hex')}.partial`);
}

/** The unfinished files that an interrupted run of this owner left for a name. */
export async function partialsOf(directory: string, name: string, owner: string): Promise<string[]> {
  const folder = join(directory, dirname(name));
  const prefix = partialPrefix(name, owner);
  const entries = await namesIn(folder);
  return entries
    .filter((entry) => entry.startsWith(prefix) && entry.endsWith('.partial'))
    .map((entry) => join(folder, entry));
}

function partialPrefix(name: string, owner: string): string {
  const mark = createHash('sha256').update(owner).digest('hex').slice(0, 8);
  return `.${basename(name)}.${mark}-`;
}

/** Lists all finished versions whose object name begins with `prefix`, by name and then newest first. */
export async function* listVersions(directory: string, prefix: string): AsyncGenerator<StoredObject> {
  const files = await filesBelow(directory, prefix);
  const there = new Set(files);
  const versions = files.flatMap((file) => {
    const version = parseVersion(file);
    return version?.name.startsWith(prefix) === true ? [version] : [];
  });
  versions.sort((a, b) => compare(a.name, b.name) || compare(b.stamp, a.stamp) || b.number - a.number);
  for (let i = 0; i < versions.length; i += AT_ONCE) {
    const group = versions.slice(i, i + AT_ONCE);
    const looks = group.map(async ({ file, name, storedAt }) => {
      const path = join(directory, file);
      const sizeBytes = await stat(path).then(
        ({ size }) => size,
        () => undefined,
      );
      // Removed since it was listed.
      if (sizeBytes === undefined) return [];
      const facts = there.has(file + SIDECAR) ? await factsBeside(path, storedAt) : {};
      return [{ name, id: path, sizeBytes, storedAt, ...facts }];
    });
    yield* (await Promise.all(looks)).flat();
  }
}

/** Finds one version by its path; undefined where there is no such regular file. */
export async function findVersion(directory: string, path: string): Promise<StoredObject | undefined> {
  const version = parseVersion(relative(directory, path));
  if (version === undefined || join(directory, version.file) !== path) return undefined;
  const stats = await lstat(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw directoryError(`look for ${path}`, error);
  });
  if (stats?.isFile() !== true) return undefined;
  return { name: version.name, id: path, sizeBytes: stats.size, storedAt: version.storedAt };
}

interface Version {
  /** Relative to the directory. */
  file: string;
  name: string;
  stamp: string;
  storedAt: Date;
  number: number;
}

function parseVersion(file: string): Version | undefined {
  const [, base, stamp, number, extension] = VERSION.exec(file) ?? [];
  if (base === undefined || stamp === undefined || extension === undefined) return undefined;
  const storedAt = instantOf(stamp);
  if (storedAt === undefined) return undefined;
  return { file, name: base + extension, stamp, storedAt, number: Number(number ?? 1) };
}

/** The paths of versions of one name that a file with that suffix belongs to; they may be gone. */
async function versionsOf(directory: string, name: string, suffix: string): Promise<string[]> {
  const folder = join(directory, dirname(name));
  return (await namesIn(folder)).flatMap((entry) => {
    if (!entry.endsWith(suffix)) return [];
    const version = entry.slice(0, -suffix.length);
    const [, base, , , extension] = VERSION.exec(version) ?? [];
    return base !== undefined && extension !== undefined && base + extension === basename(name)
      ? [join(folder, version)]
      : [];
  });
}

/** The facts kept with an archive. A time that differs from its name belongs to another archive. */
async function factsBeside(path: string, storedAt: Date): Promise<Pick<StoredObject, 'info'>> {
  const info = (await readSidecar(path))?.info;
  if (info === undefined) return {};
  const startedAt = info[STARTED_FACT];
  if (startedAt === undefined || startedAt.slice(0, 19) === storedAt.toISOString().slice(0, 19)) return { info };
  return { info: Object.fromEntries(Object.entries(info).filter(([name]) => name !== STARTED_FACT)) };
}

/**
 * The files, relative to the directory, whose object name may begin with `prefix`. Thousands of archives are listed for
 * each of hundreds of servers, so no other folder is entered and no path is parsed.
 */
async function filesBelow(directory: string, prefix: string, folder = ''): Promise<string[]> {
  // The stamp of a version follows the first point of its object's name, or a later one.
  const start = /^[^.]*\.?/.exec(prefix)?.[0] ?? '';
  const files: string[] = [];
  for (const entry of await entriesIn(resolve(directory, folder))) {
    const path = folder + entry.name;
    if (entry.isFile()) {
      if (path.startsWith(start)) files.push(path);
    } else if (entry.isDirectory() && (`${path}/`.startsWith(prefix) || prefix.startsWith(`${path}/`)))
      files.push(...(await filesBelow(directory, prefix, `${path}/`)));
  }
  return files;
}

/** The directory of fsck at the top of an ext4 disk, which only root may read. */
const LOST_AND_FOUND = 'lost+found';

async function entriesIn(folder: string): Promise<Dirent[]> {
  return await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    if (errorCode(error) === 'EACCES' && basename(folder) === LOST_AND_FOUND) return [];
    throw directoryError(`read the directory ${folder}`, error);
  });
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
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

/**
 * Removes the sidecars of archives of one name that were removed by hand, if this catalogue made them. Returns a sentence
 * for each.
 */
export async function sweepSidecars(directory: string, name: string, owner: string): Promise<string[]> {
  const swept: string[] = [];
  for (const path of await versionsOf(directory, name, SIDECAR)) {
    if (existsSync(path)) continue;
    const sidecar = await readSidecar(path);
    if (sidecar?.info[CATALOG_FACT] !== owner) continue;
    await rm(`${path}${SIDECAR}`, { force: true });
    swept.push(`removed ${path}${SIDECAR}, since its archive is gone`);
  }
  return swept;
}
