import type { Readable } from 'node:stream';
import { startProgram, type Ending } from '../system/programs.ts';
import type { ArchiveLocation } from './list-archive.ts';
import { sevenZipCommand } from './seven-zip-command.ts';

export interface OpenEntry extends AsyncDisposable {
  /** What is in the archive, as it is decompressed. Its end proves nothing until `ended` says exit code 0. */
  stream: Readable;
  ended: Promise<Ending>;
}

/** Decompresses one entry of an archive as a stream. A name that it does not hold gives nothing. Disposing ends 7-Zip, whether all was read or not. */
export function openEntry(location: ArchiveLocation, entryName: string): OpenEntry {
  const { sevenZip, environment, archivePath, password, signal } = location;
  // Behind `-i!` no name is a pattern or the name of a list, by `-spd` and by its place.
  const words = ['x', '-so', '-spd', `-i!${entryName}`, '--', archivePath] as const;
  const command = sevenZipCommand(sevenZip, environment, words, password);
  const program = startProgram(command, { stdin: 'pipe', stdout: 'pipe', signal });
  const { stdin, stdout, ended } = program;
  if (stdin === undefined || stdout === undefined) throw new Error('7-Zip was started without pipes');
  stdin.end(password === undefined ? '' : `${password.reveal()}\n`);
  return {
    stream: stdout,
    ended,
    [Symbol.asyncDispose]: async () => {
      stdout.destroy();
      await program.stop();
    },
  };
}
