import { open, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatNote, parseNote } from '../../core/checksum-note.ts';
import { openRegularFile } from './files.ts';
import type { StoredObject } from '../storage.ts';

/** The suffix of the small file beside an archive that holds its SHA-256 and its facts. */
export const SIDECAR = '.sha256';

/** The facts of a database take 1,000 bytes, the names of a server and its archive some hundreds. */
const LIMIT_BYTES = 16_384;

type Facts = NonNullable<StoredObject['info']>;

/** What a sidecar says of its archive. */
export interface Sidecar {
  /** The sum, as `formatNote` writes it. */
  note: string;
  /** The facts that were kept with the archive; empty where they cannot be read. */
  info: Facts;
}

/**
 * Writes the sum of an archive beside it, for `sha256sum -c`, with its signature and the facts as comments before. The file
 * gets its name when it is complete on the disk.
 */
export async function writeSidecar(archivePath: string, partial: string, { note, info }: Sidecar): Promise<void> {
  const parsed = parseNote(note);
  if (parsed === undefined) throw new Error('the note of an archive holds no sum');
  const { sha256, signature } = parsed;
  const signed = signature === undefined ? '' : `# pgbak hmac-sha256:${signature.hmac},scrypt:${signature.salt}\n`;
  // JSON escapes line breaks, so a server's name cannot end the comment.
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

/** Reads the sidecar of an archive; undefined where there is none, or something else. */
export async function readSidecar(archivePath: string): Promise<Sidecar | undefined> {
  try {
    await using file = await openRegularFile(`${archivePath}${SIDECAR}`);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LIMIT_BYTES), 0, LIMIT_BYTES, 0);
    return parseSidecar(buffer.toString('utf8', 0, bytesRead), basename(archivePath));
  } catch {
    // The sum is unknown then. The archive itself is not affected.
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
