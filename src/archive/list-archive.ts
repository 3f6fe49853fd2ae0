import { Secret } from '../config/secret.ts';
import { ArchiveError } from '../errors.ts';
import { runProgram } from '../system/programs.ts';
import type { SevenZip } from './seven-zip.ts';
import { sevenZipCommand, sevenZipComplaint, type SevenZipEnvironment } from './seven-zip-command.ts';
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
  sizeBytes: number;
}

/** The entries of an archive, by 7-Zip's technical listing. Throws an `ArchiveError` when it cannot be opened. */
export async function listArchive(location: ArchiveLocation): Promise<ArchiveEntry[]> {
  const { sevenZip, environment, archivePath, password, signal } = location;
  // A bare -p would mean an empty password here; without it 7-Zip asks for one where it needs one.
  const command = sevenZipCommand(sevenZip, environment, ['l', '-slt', '-ba', '--', archivePath], password);
  const { exitCode, stdout, stderrTail } = await runProgram(command, {
    signal,
    timeoutMs: 120_000,
    input: new Secret(password === undefined ? '' : `${password.reveal()}\n`),
  });
  if (exitCode !== 0) throw new ArchiveError(`the archive cannot be opened: ${sevenZipComplaint(stderrTail)}`);
  return entriesIn(stdout);
}

/** `-slt -ba` prints a block of `Name = value` lines for each entry, `Path` first; the prompt stands before them. */
function entriesIn(listing: string): ArchiveEntry[] {
  return listing
    .split(/^(?:Enter password[^:\n]*:)?\s*(?=Path = )/m)
    .filter((block) => block.startsWith('Path = '))
    .map((block) => ({
      path: /^Path = (.*)$/m.exec(block)?.[1] ?? '',
      sizeBytes: Number(/^Size = (\d+)$/m.exec(block)?.[1] ?? Number.NaN),
    }));
}
