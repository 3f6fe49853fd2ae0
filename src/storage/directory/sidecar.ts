import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatNote, parseNote } from '../../core/checksum-note.ts';
import { openRegularFile } from './files.ts';
import type { StoredObject } from '../storage.ts';

/** Behind the name of an archive's file: the name of the small one beside it that holds its SHA-256 and its facts. */
export const SIDECAR = '.sha256';

/** The facts of a database take 1,000, and the names of a server and its archive some hundreds. */
const LIMIT_BYTES = 16_384;

type Facts = NonNullable<StoredObject['info']>;

/** What a sidecar says of its archive. */
export interface Sidecar {
  /** The sum, as `formatNote` writes it. */
  note: string;
  /** The short facts that were kept with the archive; none where there are none that can be read. */
  info: Facts;
}

/**
 * Writes an archive's sum beside it, as `sha256sum -c` reads it; its signature and the archive's facts go before in
 * comments. The file gets its name when all of it is on the disk.
 */
export async function writeSidecar(archivePath: string, partial: string, { note, info }: Sidecar): Promise<void> {
  const parsed = parseNote(note);
  if (parsed === undefined) throw new Error('what is to be kept beside an archive is no sum');
  const { sha256, signature } = parsed;
  const signed = signature === undefined ? '' : `# pgbak hmac-sha256:${signature.hmac},scrypt:${signature.salt}\n`;
  // JSON has no line breaks of its own, so that no name of a server ends the comment.
  const facts = `# pgbak-facts ${JSON.stringify(info)}\n`;
  try {
    await using file = await open(partial, 'wx', 0o600);
    await file.writeFile(`${signed}${facts}${sha256}  ${basename(archivePath)}\n`);
    await file.sync();
    await rename(partial, `${archivePath}${SIDECAR}`);
  } finally {
    await rm(partial, { force: true });
  }
}

/** What is kept beside an archive; undefined where there is nothing, or something else. */
export async function readSidecar(archivePath: string): Promise<Sidecar | undefined> {
  try {
    await using file = await openRegularFile(`${archivePath}${SIDECAR}`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LIMIT_BYTES), 0, LIMIT_BYTES, 0);
    return parseSidecar(buffer.toString('utf8', 0, bytesRead), basename(archivePath));
  } catch {
    // A sum that cannot be read is one that is not known; the archive itself is none the worse.
    return undefined;
  }
}

function parseSidecar(text: string, name: string): Sidecar | undefined {
  const pattern = /^(?:# pgbak (\S+)\n)?(?:# pgbak-facts (.+)\n)?([\da-f]{64}) [ *]([^\n]+)\n$/;
  const [, signature, facts, sha256, named] = pattern.exec(text) ?? [];
  if (sha256 === undefined || named !== name) return undefined;
  const note = parseNote([`sha256:${sha256}`, ...(signature === undefined ? [] : [signature])].join(','));
  return note === undefined ? undefined : { note: formatNote(note), info: parseFacts(facts) };
}

function parseFacts(json: string | undefined): Facts {
  try {
    const value: unknown = JSON.parse(json ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, text]: [string, unknown]) =>
        typeof text === 'string' ? [[name, text]] : [],
      ),
    );
  } catch {
    return {};
  }
}
