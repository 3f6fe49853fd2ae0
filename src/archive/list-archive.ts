import { Secret } from '../core/secret.ts';
import { ArchiveError } from '../core/errors.ts';
import { runProgram } from '../system/programs.ts';
import { unreadableArchive } from './seven-zip-failure.ts';
import type { SevenZip } from './seven-zip.ts';
import { sevenZipCommand, type SevenZipEnvironment } from './seven-zip-command.ts';
import type { Zstd } from './zstd.ts';

/** An archive on disk and what opens it. */
export interface ArchiveLocation {
  sevenZip: SevenZip;
  environment: SevenZipEnvironment;
  archivePath: string;
  password?: Secret;
  /** For entries whose names end with `.zst`. */
  zstd?: Zstd;
  signal: AbortSignal;
}

export interface ArchiveEntry {
  path: string;
  /** As the archive's directory says. */
  sizeBytes: number;
  isEncrypted: boolean;
  /** What unpacking it takes. */
  memoryBytes: number;
}

/** Level 9 of 7-Zip 26 takes 256 MiB; a hostile archive of two megabytes could ask for 4 GiB. */
const MOST_MEMORY_BYTES = 512 * 2 ** 20;

/** pgbak puts two into one at most; the listing of a hostile one could go on and on. */
const MOST_ENTRIES = 100;

/**
 * The entries of an archive, by 7-Zip's technical listing.
 *
 * @throws PasswordError when that password does not open it, ArchiveError when it does not open for another reason, or
 *   holds more than any archive of pgbak's
 */
export async function listArchive(location: ArchiveLocation): Promise<ArchiveEntry[]> {
  const { sevenZip, environment, archivePath, password, signal } = location;
  // A bare -p would mean an empty password here; without it 7-Zip asks for one where it needs one.
  const command = sevenZipCommand(sevenZip, environment, ['l', '-t7z', '-slt', '-ba', '--', archivePath], password);
  const {
    exitCode,
    stdout,
    stderrTail,
    signal: endedBy,
  } = await runProgram(command, {
    signal,
    timeoutMs: 120_000,
    input: new Secret(password === undefined ? '' : `${password.reveal()}\n`),
  });
  if (exitCode !== 0)
    throw unreadableArchive('the archive cannot be opened', { stderrTail, signal: endedBy }, password);
  const entries = entriesIn(stdout);
  if (entries.length > MOST_ENTRIES) {
    throw new ArchiveError(`the archive holds more than ${MOST_ENTRIES} files, which none of pgbak's does`);
  }
  const greedy = entries.find(({ memoryBytes }) => memoryBytes > MOST_MEMORY_BYTES);
  if (greedy !== undefined) {
    throw new ArchiveError(
      `to unpack the archive takes ${Math.round(greedy.memoryBytes / 2 ** 20)} MiB of memory, more than any of pgbak's`,
      'Somebody else made it or changed it. Unpack it with 7-Zip where there is that much.',
    );
  }
  return entries;
}

/** `-slt -ba` prints a block of `Name = value` lines for each entry, `Path` first; the prompt stands before them. */
function entriesIn(listing: string): ArchiveEntry[] {
  return listing
    .split(/^(?:Enter password[^:\n]*:)?\s*(?=Path = )/m)
    .filter((block) => block.startsWith('Path = '))
    .map((block) => ({
      path: /^Path = (.*)$/m.exec(block)?.[1] ?? '',
      sizeBytes: Number(/^Size = (\d+)$/m.exec(block)?.[1] ?? Number.NaN),
      isEncrypted: /^Encrypted = \+$/m.test(block),
      memoryBytes: memoryOf(/^Method = (.*)$/m.exec(block)?.[1] ?? ''),
    }));
}

const UNIT_BYTES: Record<string, number> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * The largest dictionary or model of a chain of methods, which 7-Zip lists as a power of two or with a unit:
 * `LZMA2:25 7zAES:19`, `LZMA2:1536k`, `PPMD:o6:mem23` (the number behind AES says how often the key is hashed).
 */
function memoryOf(methods: string): number {
  const sizes = methods.matchAll(/\b(?:LZMA2?|PPMD):(?:o\d+:mem)?(\d+)([bkmg]?)/gi);
  return Math.max(0, ...[...sizes].map(([, size, unit]) => bytesOf(Number(size), unit?.toLowerCase() ?? '')));
}

function bytesOf(size: number, unit: string): number {
  return unit === '' ? 2 ** size : size * (UNIT_BYTES[unit] ?? 1);
}
