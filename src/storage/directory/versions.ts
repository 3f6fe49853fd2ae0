import { type Dirent, existsSync } from 'node:fs';
import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { errorCode } from '../../core/errors.ts';
import { CATALOG_FACT, type StoredObject } from '../storage.ts';
import { factsFor, SIDECAR } from '../sidecar-text.ts';
import { parseVersion, partialsAmong, versionsAmong, versionsWithSuffix } from '../version-names.ts';
import { directoryError } from './files.ts';
import { readSidecar } from './sidecar.ts';

/** Files that are examined at once. */
const AT_ONCE = 16;

/** The unfinished files that an interrupted run of this owner left for a name. */
export async function partialsOf(directory: string, name: string, owner: string): Promise<string[]> {
  const folder = join(directory, dirname(name));
  return partialsAmong(await namesIn(folder), name, owner).map((entry) => join(folder, entry));
}

/** Lists all finished versions whose object name begins with `prefix`, by name and then newest first. */
export async function* listVersions(directory: string, prefix: string): AsyncGenerator<StoredObject> {
  const files = await filesBelow(directory, prefix);
  const there = new Set(files);
  const versions = versionsAmong(files, prefix);
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
      const facts = there.has(file + SIDECAR) ? factsFor(await readSidecar(path), storedAt) : {};
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

/** The paths of versions of one name that a file with that suffix belongs to; they may be gone. */
async function versionsOf(directory: string, name: string, suffix: string): Promise<string[]> {
  const folder = join(directory, dirname(name));
  return versionsWithSuffix(await namesIn(folder), name, suffix).map((version) => join(folder, version));
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
