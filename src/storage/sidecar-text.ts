import { basename } from 'node:path';
import { formatNote, parseNote } from '../core/checksum-note.ts';
import type { StoredObject } from './storage.ts';

/** The suffix of the small file beside an archive that holds its SHA-256 and its facts. */
export const SIDECAR = '.sha256';

/** The facts of a database take 1,000 bytes, the names of a server and its archive some hundreds. */
export const SIDECAR_LIMIT_BYTES = 16_384;

/** The fact that names a version, to the second. */
const STARTED_FACT = 'pgbak-started-at';

type Facts = NonNullable<StoredObject['info']>;

/** What a sidecar says of its archive. */
export interface Sidecar {
  /** The sum, as `formatNote` writes it. */
  note: string;
  /** The facts that were kept with the archive; empty where they cannot be read. */
  info: Facts;
}

/** The text of a sidecar: the sum, for `sha256sum -c`, with its signature and the facts as comments before. */
export function formatSidecar(archivePath: string, { note, info }: Sidecar): string {
  const parsed = parseNote(note);
  if (parsed === undefined) throw new Error('the note of an archive holds no sum');
  const { sha256, signature } = parsed;
  const signed = signature === undefined ? '' : `# pgbak hmac-sha256:${signature.hmac},scrypt:${signature.salt}\n`;
  // JSON escapes line breaks, so a server's name cannot end the comment.
  const facts = `# pgbak-facts ${JSON.stringify(info)}\n`;
  return `${signed}${facts}${sha256}  ${basename(archivePath)}\n`;
}

/** The facts kept with an archive. A time that differs from its name belongs to another archive. */
export function factsFor(sidecar: Sidecar | undefined, storedAt: Date): Pick<StoredObject, 'info'> {
  const info = sidecar?.info;
  if (info === undefined) return {};
  const startedAt = info[STARTED_FACT];
  if (startedAt === undefined || startedAt.slice(0, 19) === storedAt.toISOString().slice(0, 19)) return { info };
  return { info: Object.fromEntries(Object.entries(info).filter(([name]) => name !== STARTED_FACT)) };
}

/** Reads the text of a sidecar; undefined where it is another archive's, or something else. */
export function parseSidecar(text: string, archivePath: string): Sidecar | undefined {
  const pattern = /^(?:# pgbak (\S+)\n)?(?:# pgbak-facts (.+)\n)?([\da-f]{64}) [ *]([^\n]+)\n$/;
  const [, signature, facts, sha256, named] = pattern.exec(text) ?? [];
  if (sha256 === undefined || named !== basename(archivePath)) return undefined;
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
