import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../core/secret.ts';
import { createTemporaryDirectory } from '../../system/temporary-directory.ts';
import { formatSidecar, parseSidecar, SIDECAR, SIDECAR_LIMIT_BYTES, type Sidecar } from '../sidecar-text.ts';
import { ANSWER_WITHIN_MS, type RcloneClient } from './client.ts';
import { RcloneFailure } from './failure.ts';

/** Writes the sidecar of an archive, in one request where the remote can (https://rclone.org/commands/rclone_rcat/). */
export async function writeSidecar(
  client: RcloneClient,
  archive: string,
  sidecar: Sidecar,
  signal: AbortSignal,
): Promise<void> {
  const input = new Secret(formatSidecar(archive, sidecar));
  await client.ask(['rcat', client.at(archive + SIDECAR)], { signal, input });
}

/** Reads the sidecar of an archive; undefined where there is none, or something else. */
export async function readSidecar(
  client: RcloneClient,
  archive: string,
  signal: AbortSignal,
): Promise<Sidecar | undefined> {
  try {
    const limit = `--count=${SIDECAR_LIMIT_BYTES}`;
    const text = await client.ask(['cat', limit, client.at(archive + SIDECAR)], { signal });
    return parseSidecar(text, archive);
  } catch (error) {
    if (error instanceof RcloneFailure && error.isMissing) return undefined;
    throw error;
  }
}

/**
 * Reads the sidecars of many archives, which takes one process and several connections: a process for each would take
 * minutes. They pass through a temporary directory, since `rclone cat` does not tell where a file ends.
 */
export async function readSidecars(
  client: RcloneClient,
  archives: readonly string[],
  { owner, signal }: { owner: string; signal: AbortSignal },
): Promise<ReadonlyMap<string, Sidecar>> {
  if (archives.length === 0) return new Map();
  await using directory = await createTemporaryDirectory({ base: tmpdir(), owner });
  const input = new Secret(`${archives.map((archive) => archive + SIDECAR).join('\n')}\n`);
  const words = ['copy', '--files-from-raw=-', '--no-traverse', '--transfers=8', '--checkers=8'];
  const timeoutMs = ANSWER_WITHIN_MS + archives.length * LONGEST_FETCH_MS;
  await client.ask([...words, client.at(''), directory.path], { signal, input, timeoutMs });
  const sidecars = new Map<string, Sidecar>();
  for (const archive of archives) {
    // Removed since it was listed, or something else.
    const text = await readFile(join(directory.path, archive + SIDECAR), 'utf8').catch(() => '');
    const sidecar = parseSidecar(text, archive);
    if (sidecar !== undefined) sidecars.set(archive, sidecar);
  }
  return sidecars;
}

/** Google Drive answers about ten requests a second. */
const LONGEST_FETCH_MS = 2000;
