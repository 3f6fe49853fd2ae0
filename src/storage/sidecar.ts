import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatNote, parseNote } from '../config/sum-note.ts';
import { openRegularFile } from './regular-file.ts';

/** Behind the name of an archive's file: the name of the small one beside it that holds its SHA-256. */
export const SIDECAR = '.sha256';

/** The two lines of one are far shorter. */
const LIMIT_BYTES = 4096;

/**
 * Writes an archive's sum beside it, as `sha256sum -c` reads it; its signature goes before in a comment. The file gets its
 * name when all of it is on the disk.
 */
export async function writeSidecar(archivePath: string, partial: string, note: string): Promise<void> {
  const parsed = parseNote(note);
  if (parsed === undefined) throw new Error('what is to be kept beside an archive is no sum');
  const { sha256, signature } = parsed;
  const comment = signature === undefined ? '' : `# pgbak hmac-sha256:${signature.hmac},scrypt:${signature.salt}\n`;
  try {
    await using file = await open(partial, 'wx', 0o600);
    await file.writeFile(`${comment}${sha256}  ${basename(archivePath)}\n`);
    await file.sync();
    await rename(partial, `${archivePath}${SIDECAR}`);
  } finally {
    await rm(partial, { force: true });
  }
}

/** The sum that is kept beside an archive; undefined where there is none, or something else. */
export async function readSidecar(archivePath: string): Promise<string | undefined> {
  try {
    await using file = await openRegularFile(`${archivePath}${SIDECAR}`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LIMIT_BYTES), 0, LIMIT_BYTES, 0);
    return noteIn(buffer.toString('utf8', 0, bytesRead), basename(archivePath));
  } catch {
    // A sum that cannot be read is one that is not known; the archive itself is none the worse.
    return undefined;
  }
}

function noteIn(text: string, name: string): string | undefined {
  const [, signature, sha256, named] = /^(?:# pgbak (\S+)\n)?([\da-f]{64}) [ *]([^\n]+)\n$/.exec(text) ?? [];
  if (sha256 === undefined || named !== name) return undefined;
  const note = parseNote([`sha256:${sha256}`, ...(signature === undefined ? [] : [signature])].join(','));
  return note === undefined ? undefined : formatNote(note);
}
