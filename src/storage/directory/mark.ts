import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, StorageError } from '../../core/errors.ts';
import { fileInPath } from './file-in-path.ts';
import { directoryError, OTHER_DIRECTORY } from './files.ts';
import { printPlace, type PlaceMemory } from '../place.ts';
import { makeDirectory } from '../../system/make-directory.ts';
import { syncDirectory } from '../../system/publish-file.ts';
import { quoted } from '../../core/printable.ts';
import { editCommand } from '../../core/server-hint.ts';

/** This file is missing in the empty directory that is left while the disk is not mounted. */
export const MARK_NAME = '.pgbak-destination';

const LONGEST_MARK_BYTES = 200;
const MARK = /^pgbak destination ([\da-f-]{36})\n$/;

/** `store`: archives will be stored there, and a directory without a mark gets one. `look`: the same, changing nothing. */
export type DirectoryUse = 'store' | 'look' | 'read';

/**
 * Proves that a directory is the one with the earlier archives, or that there are no earlier ones.
 *
 * @throws StorageError where the directory is missing or another one, most likely because its disk is not mounted
 */
export async function checkDirectory(directory: string, memory: PlaceMemory, use: DirectoryUse): Promise<void> {
  const place = printPlace({ kind: 'directory', path: directory });
  const known = await memory.mark(place);
  const expected = await memory.expected(place);
  const wasUsed = known !== undefined || expected.length > 0;
  if (!(await isDirectory(directory))) throw wasUsed ? gone(directory, use) : neverMade(directory, use);
  const found = await readMark(directory);
  if (found !== undefined && known !== undefined && found !== known)
    throw another(directory, 'is that of another directory', use);
  // A directory that was copied without hidden files still holds the archives.
  const holdsSome = expected.some((path) => existsSync(path));
  if (found === undefined && known !== undefined && !holdsSome) throw another(directory, 'is missing', use);
  if (known === undefined && expected.length > 0 && !holdsSome) throw gone(directory, use);
  if (use !== 'store' || (found !== undefined && found === known)) return;
  await memory.noteMark(place, found ?? (await writeMark(directory, known ?? randomUUID())));
}

/** Creates a missing directory, and takes the one that is there for the right one. */
export async function acceptDirectory(directory: string, memory: PlaceMemory): Promise<void> {
  const place = printPlace({ kind: 'directory', path: directory });
  try {
    makeDirectory(directory, 0o700);
    const found = await readMark(directory).catch(() => rm(join(directory, MARK_NAME)));
    await memory.noteMark(place, found ?? (await writeMark(directory, randomUUID())));
  } catch (error) {
    throw directoryError(`create the directory ${directory}`, error);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const file = fileInPath(path);
  if (file !== undefined)
    throw new StorageError(`${file} is a file, not a directory`, `Name a directory: ${OTHER_DIRECTORY}`);
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw directoryError(`use the directory ${path}`, error);
  }
}

/** What the mark of a directory says; undefined where it has none. */
export async function readMark(directory: string): Promise<string | undefined> {
  const path = join(directory, MARK_NAME);
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_MARK_BYTES), 0, LONGEST_MARK_BYTES, 0);
    const [, mark] = MARK.exec(buffer.toString('latin1', 0, bytesRead)) ?? [];
    if (mark !== undefined) return mark;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw directoryError(`read ${path}`, error);
  }
  throw another(directory, 'is damaged', 'look');
}

/** Writes the mark, which appears complete or not at all. Returns the one that is there in the end. */
async function writeMark(directory: string, mark: string): Promise<string> {
  const path = join(directory, MARK_NAME);
  const partial = `${path}.${mark}.partial`;
  try {
    {
      await using file = await open(partial, 'wx', 0o600);
      await file.writeFile(`pgbak destination ${mark}\n`);
      await file.sync();
    }
    // Two hosts may do this at once: the first mark stays.
    await link(partial, path).catch(async (error: unknown) => {
      if (errorCode(error) !== 'EEXIST') await rename(partial, path);
    });
    await rm(partial, { force: true });
    await syncDirectory(directory);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw directoryError(`write to the directory ${directory}`, error);
  }
  return (await readMark(directory)) ?? mark;
}

const created = (directory: string) =>
  editCommand(`--destination ${quoted(printPlace({ kind: 'directory', path: directory }))} --create-destination`);

/** Who reads backups wants the directory that holds them, and no new one. */
const whatToDo = (directory: string, use: DirectoryUse) =>
  [
    `Mount it. If it was moved: ${editCommand('--destination file:/its/new/place')}`,
    ...(use === 'read' ? [] : [`To store new backups there all the same: ${created(directory)}`]),
  ].join('\n');

function gone(directory: string, use: DirectoryUse): StorageError {
  return new StorageError(
    `the directory ${directory} is missing or holds none of the backups that were stored there. Is its disk mounted?`,
    whatToDo(directory, use),
  );
}

function another(directory: string, what: string, use: DirectoryUse): StorageError {
  return new StorageError(
    `${directory} is not the directory that backups were stored in: its file ${MARK_NAME} ${what}. Is its disk mounted?`,
    whatToDo(directory, use),
  );
}

function neverMade(directory: string, use: DirectoryUse): StorageError {
  return new StorageError(
    `the directory ${directory} does not exist`,
    use === 'read' ? 'Is the path right? Mount its disk.' : `Mount it, or create it: ${created(directory)}`,
  );
}
