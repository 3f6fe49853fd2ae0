import { ArchiveError } from '../core/errors.ts';
import { checkHeader } from './check-header.ts';
import { listArchive, type ArchiveLocation } from './list-archive.ts';

/** The names that an archive's entries may have. */
export interface KnownEntries {
  /** One of these is the dump. */
  dumps: readonly string[];
  globals: string;
}

/** What an archive holds, by its own directory. */
export interface ArchiveContents {
  /** The name of the dump. */
  dumpEntry: string;
  /** Its size in the archive, which is that of the dump unless a `.zst` is. */
  entryBytes: number;
  hasGlobals: boolean;
  /** Whether all of it is. */
  isEncrypted: boolean;
}

/**
 * Lists an archive and finds the dump in it. 7-Zip would give what several entries of one name hold one behind the other,
 * or all that is in a folder of that name, so that nothing else may be in there.
 *
 * @throws PasswordError when that password does not open it, ArchiveError when it is damaged or not one of pgbak's
 */
export async function lookInside(location: ArchiveLocation, known: KnownEntries): Promise<ArchiveContents> {
  await checkHeader(location.archivePath);
  const entries = await listArchive(location);
  const paths = entries.map(({ path }) => path);
  const [dump, ...others] = entries.filter(({ path }) => known.dumps.includes(path));
  const [first, ...wanted] = known.dumps;
  if (dump === undefined) {
    const names = [first, ...wanted].join(' or ');
    throw new ArchiveError(`the archive holds no ${names}, but ${listOf(paths)}`);
  }
  const globals = paths.filter((path) => path === known.globals);
  if (others.length > 0 || globals.length > 1 || paths.length > 1 + globals.length) {
    throw new ArchiveError(
      `the archive holds ${listOf(paths)}: more than pgbak puts into one`,
      'Somebody else made it or changed it. Look into it with 7-Zip, and do not load what you do not know.',
    );
  }
  return {
    dumpEntry: dump.path,
    entryBytes: dump.sizeBytes,
    hasGlobals: globals.length === 1,
    isEncrypted: entries.every(({ isEncrypted }) => isEncrypted),
  };
}

const NAMES_SHOWN = 5;
const CHARACTERS_SHOWN = 100;

/** Quoted as JSON, since a name may hold what a terminal obeys. */
function listOf(paths: readonly string[]): string {
  if (paths.length === 0) return 'nothing';
  const names = paths.slice(0, NAMES_SHOWN).map((path) => JSON.stringify(shortened(path)));
  const more = paths.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function shortened(path: string): string {
  return path.length > CHARACTERS_SHOWN ? `${path.slice(0, CHARACTERS_SHOWN)}…` : path;
}
