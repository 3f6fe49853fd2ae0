import { ArchiveError } from '../core/errors.ts';
import { checkHeader, MOST_BYTES_WITH_FILES } from './check-header.ts';
import { TOC_FILE, type DumpFile } from './extract-files.ts';
import { listArchive, MOST_FILES, type ArchiveEntry, type ArchiveLocation } from './list-archive.ts';

/** The names that an archive's entries may have. */
interface KnownEntries {
  /** One of these is the dump. */
  dumps: readonly string[];
  globals: string;
  /** Whether the dump is a folder. */
  isDirectory?: boolean;
}

/** The contents of an archive, as its own directory states. */
interface ArchiveContents {
  /** The name of the dump. */
  dumpEntry: string;
  /** The size of the entry: of the dump, or of a `.zst` of it. */
  entryBytes: number;
  /** Of a dump that is a folder, in the order in which 7-Zip writes them. */
  files?: readonly DumpFile[];
  hasGlobals: boolean;
  /** Whether every entry is. */
  isEncrypted: boolean;
  /** Whether the names are as well: then the password was proved by reading them. */
  hasHiddenNames: boolean;
}

/**
 * Lists an archive and finds the dump in it. No other entry is allowed: 7-Zip would concatenate entries of the same name, and
 * all that is in a folder of that name.
 *
 * @throws PasswordError when the password does not open it, ArchiveError when it is damaged or not one of pgbak's
 */
export async function lookInside(location: ArchiveLocation, known: KnownEntries): Promise<ArchiveContents> {
  const isDirectory = known.isDirectory === true;
  const hasHiddenNames = await checkHeader(location.archivePath, isDirectory ? MOST_BYTES_WITH_FILES : undefined);
  const entries = await listArchive(location, isDirectory ? MOST_FILES : undefined);
  const paths = entries.map(({ path }) => path);
  const [name = ''] = known.dumps;
  if (isDirectory) return { ...contentsOfDirectory(name, known.globals, entries), hasHiddenNames };
  const [dump, ...others] = entries.filter(({ path }) => known.dumps.includes(path));
  const [first, ...wanted] = known.dumps;
  if (dump === undefined) {
    const names = [first, ...wanted].join(' or ');
    throw new ArchiveError(`the archive holds ${listOf(paths)}, but not ${names}`);
  }
  const globals = paths.filter((path) => path === known.globals);
  if (others.length > 0 || globals.length > 1 || paths.length > 1 + globals.length) {
    throw unknownEntries(paths);
  }
  return {
    dumpEntry: dump.path,
    entryBytes: dump.sizeBytes,
    hasGlobals: globals.length === 1,
    isEncrypted: entries.every(({ isEncrypted }) => isEncrypted),
    hasHiddenNames,
  };
}

/** pg_dump's files lie in the folder itself, and have plain names: nothing may be written outside of it. */
function contentsOfDirectory(
  name: string,
  globalsName: string,
  entries: readonly ArchiveEntry[],
): Omit<ArchiveContents, 'hasHiddenNames'> {
  const globals = entries.filter(({ path }) => path === globalsName);
  const inside = entries.filter(({ path, isFolder }) => path !== globalsName && !(isFolder && path === name));
  const files = inside.map(({ path, sizeBytes }) => ({ name: path.slice(name.length + 1), sizeBytes }));
  const isKnown = inside.every(({ path, isFolder }, index) => {
    return !isFolder && path.startsWith(`${name}/`) && /^[a-z0-9_]+(?:\.[a-z0-9]+)+$/.test(files[index]?.name ?? '');
  });
  const names = new Set(files.map((file) => file.name));
  if (!isKnown || globals.length > 1 || names.size < files.length)
    throw unknownEntries(entries.map(({ path }) => path));
  if (!names.has(TOC_FILE)) {
    throw new ArchiveError(`the archive holds ${listOf(entries.map(({ path }) => path))}, but not ${name}/${TOC_FILE}`);
  }
  return {
    dumpEntry: name,
    entryBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    files,
    hasGlobals: globals.length === 1,
    isEncrypted: inside.every(({ isEncrypted, sizeBytes }) => isEncrypted || sizeBytes === 0),
  };
}

function unknownEntries(paths: readonly string[]): ArchiveError {
  return new ArchiveError(
    `the archive holds ${listOf(paths)}: more than pgbak puts into one`,
    'pgbak did not make this archive, or it was changed. Look into it with 7-Zip, and load nothing that you do not know.',
  );
}

const NAMES_SHOWN = 5;
const CHARACTERS_SHOWN = 100;

/** Quoted as JSON: a name may hold a terminal's control characters. */
function listOf(paths: readonly string[]): string {
  if (paths.length === 0) return 'nothing';
  const names = paths.slice(0, NAMES_SHOWN).map((path) => JSON.stringify(shortened(path)));
  const more = paths.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function shortened(path: string): string {
  return path.length > CHARACTERS_SHOWN ? `${path.slice(0, CHARACTERS_SHOWN)}…` : path;
}
