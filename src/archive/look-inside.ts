import { ArchiveError } from '../core/errors.ts';
import { checkHeader } from './check-header.ts';
import { listArchive, type ArchiveLocation } from './list-archive.ts';

/** The names that an archive's entries may have. */
interface KnownEntries {
  /** One of these is the dump. */
  dumps: readonly string[];
  globals: string;
}

/** The contents of an archive, as its own directory states. */
interface ArchiveContents {
  /** The name of the dump. */
  dumpEntry: string;
  /** The size of the entry: of the dump, or of a `.zst` of it. */
  entryBytes: number;
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
  const hasHiddenNames = await checkHeader(location.archivePath);
  const entries = await listArchive(location);
  const paths = entries.map(({ path }) => path);
  const [dump, ...others] = entries.filter(({ path }) => known.dumps.includes(path));
  const [first, ...wanted] = known.dumps;
  if (dump === undefined) {
    const names = [first, ...wanted].join(' or ');
    throw new ArchiveError(`the archive holds ${listOf(paths)}, but not ${names}`);
  }
  const globals = paths.filter((path) => path === known.globals);
  if (others.length > 0 || globals.length > 1 || paths.length > 1 + globals.length) {
    throw new ArchiveError(
      `the archive holds ${listOf(paths)}: more than pgbak puts into one`,
      'pgbak did not make this archive, or it was changed. Look into it with 7-Zip, and load nothing that you do not know.',
    );
  }
  return {
    dumpEntry: dump.path,
    entryBytes: dump.sizeBytes,
    hasGlobals: globals.length === 1,
    isEncrypted: entries.every(({ isEncrypted }) => isEncrypted),
    hasHiddenNames,
  };
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
