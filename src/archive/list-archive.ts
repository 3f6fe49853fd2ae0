import { ArchiveError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { runProgram } from '../system/programs.ts';
import { sevenZipCommand, type SevenZipArchive } from './seven-zip.ts';
import { readFailure } from './seven-zip-failure.ts';
import type { Zstd } from './zstd.ts';

/** An archive to read. */
export interface ArchiveLocation extends SevenZipArchive {
  /** For entries whose names end with `.zst`. */
  zstd?: Zstd;
}

export interface ArchiveEntry {
  path: string;
  /** As the archive's directory states. */
  sizeBytes: number;
  isEncrypted: boolean;
  isFolder: boolean;
  /** The memory that unpacking takes. */
  memoryBytes: number;
}

/** Level 9 of 7-Zip 26 takes 256 MiB; a hostile archive of two megabytes could ask for 4 GiB. */
const MOST_MEMORY_BYTES = 512 * 2 ** 20;

/** The listing of a hostile archive could be endless. A dump that is a file makes two entries at most. */
const MOST_ENTRIES = 100;
/** A dump that is a directory has a file for each table and large object. */
export const MOST_FILES = 100_000;

/**
 * The entries of an archive, from 7-Zip's technical listing.
 *
 * @throws PasswordError when the password does not open the archive, ArchiveError when it does not open for another reason,
 *   or holds more than any archive of pgbak's
 */
export async function listArchive(location: ArchiveLocation, mostEntries = MOST_ENTRIES): Promise<ArchiveEntry[]> {
  const { archivePath, password, signal } = location;
  // No -p: it would mean an empty password here. Without it 7-Zip asks where it needs one.
  const command = sevenZipCommand(location, ['l', '-t7z', '-slt', '-ba', '--', archivePath]);
  const input = new Secret(password === undefined ? '' : `${password.reveal()}\n`);
  const ending = await runProgram(command, { signal, timeoutMs: 120_000, input });
  if (ending.exitCode !== 0) throw readFailure('the archive cannot be opened', ending, password);
  const entries = entriesIn(ending.stdout);
  if (entries.length > mostEntries) {
    throw new ArchiveError(`the archive holds more than ${mostEntries} files, and pgbak puts fewer into one`);
  }
  const greedy = entries.find(({ memoryBytes }) => memoryBytes > MOST_MEMORY_BYTES);
  if (greedy !== undefined) {
    throw new ArchiveError(
      `the archive needs ${Math.round(greedy.memoryBytes / 2 ** 20)} MiB of memory to unpack, more than pgbak ever uses`,
      'pgbak did not make this archive, or it was changed. Unpack it with 7-Zip on a machine with that much memory.',
    );
  }
  return entries;
}

/** `-slt -ba` prints a block of `Name = value` lines for each entry, `Path` first; the password prompt comes before. */
function entriesIn(listing: string): ArchiveEntry[] {
  return listing
    .split(/^(?:Enter password[^:\n]*:)?\s*(?=Path = )/m)
    .filter((block) => block.startsWith('Path = '))
    .map((block) => ({
      path: /^Path = (.*)$/m.exec(block)?.[1] ?? '',
      sizeBytes: Number(/^Size = (\d+)$/m.exec(block)?.[1] ?? Number.NaN),
      isEncrypted: /^Encrypted = \+$/m.test(block),
      isFolder: /^Attributes = D/m.test(block) || /^Folder = \+$/m.test(block),
      memoryBytes: memoryOf(/^Method = (.*)$/m.exec(block)?.[1] ?? ''),
    }));
}

const UNIT_BYTES: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * The largest dictionary or model of a chain of methods, which 7-Zip lists as a power of two or with a unit:
 * `LZMA2:25 7zAES:19`, `LZMA2:1536k`, `PPMD:o6:mem23` (AES's number is not a size: it says how often the key is hashed).
 */
function memoryOf(methods: string): number {
  const sizes = methods.matchAll(/\b(?:LZMA2?|PPMD):(?:o\d+:mem)?(\d+)([bkmg]?)/gi);
  return Math.max(0, ...[...sizes].map(([, size, unit]) => bytesOf(Number(size), unit?.toLowerCase() ?? '')));
}

function bytesOf(size: number, unit: string): number {
  return unit === '' ? 2 ** size : size * (UNIT_BYTES[unit] ?? 1);
}
