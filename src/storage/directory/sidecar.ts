import { open, rename, rm } from 'node:fs/promises';
import { formatSidecar, parseSidecar, SIDECAR, SIDECAR_LIMIT_BYTES, type Sidecar } from '../sidecar-text.ts';
import { openRegularFile } from './files.ts';

/** Writes the sidecar of an archive beside it. It gets its name when it is complete on the disk. */
export async function writeSidecar(archivePath: string, partial: string, sidecar: Sidecar): Promise<void> {
  const text = formatSidecar(archivePath, sidecar);
  try {
    await using file = await open(partial, 'wx', 0o600);
    await file.writeFile(text);
    await file.sync();
    await rename(partial, `${archivePath}${SIDECAR}`);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Reads the sidecar of an archive; undefined where there is none, or something else. */
export async function readSidecar(archivePath: string): Promise<Sidecar | undefined> {
  try {
    await using file = await openRegularFile(`${archivePath}${SIDECAR}`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SIDECAR_LIMIT_BYTES), 0, SIDECAR_LIMIT_BYTES, 0);
    return parseSidecar(buffer.toString('utf8', 0, bytesRead), archivePath);
  } catch {
    // The sum is unknown then. The archive itself is not affected.
    return undefined;
  }
}
