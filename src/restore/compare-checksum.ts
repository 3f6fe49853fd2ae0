import { createHash } from 'node:crypto';
import type { PartSum } from '../core/backup-record.ts';
import type { Secret } from '../core/secret.ts';
import { isSignedWithAny, parseNote } from '../core/checksum-note.ts';
import type { RestorePoint } from './choose-point.ts';

/** The checksums and sizes recorded when an archive was stored. Unknown ones are absent. */
export interface NotedArchive {
  sizeBytes?: number;
  sha1?: string;
  sha256?: string;
  /** The sums of its parts, where the whole archive was never on the disk. */
  partSums?: readonly PartSum[];
}

/** Compares an archive with the recorded sums, chunk by chunk. */
interface Comparison {
  update(chunk: Buffer): void;
  /** The result. No more chunks may follow. */
  end(): Seen;
}

export interface Seen {
  /** How the archive differs from the record, in words. */
  difference: string | undefined;
  /** The same for the same bytes, and for no other bytes. */
  identity: string;
  /** SHA-256 of the whole archive, where it was taken. */
  sha256?: string;
}

/** Whether any checksum of the archive was noted. */
export function isKnown({ sha1, sha256, partSums }: NotedArchive): boolean {
  return sha256 !== undefined || sha1 !== undefined || (partSums !== undefined && partSums.length > 0);
}

/** Computes only the best of the recorded sums, because each one costs as much again. */
export function compareChecksum(noted: NotedArchive): Comparison {
  const { sizeBytes, partSums } = noted;
  const sums = noted.sha256 === undefined && noted.sha1 === undefined && partSums !== undefined;
  const comparison = sums ? comparePartSums(partSums) : compareWhole(noted);
  let seenBytes = 0;
  return {
    update: (chunk) => {
      seenBytes += chunk.length;
      comparison.update(chunk);
    },
    end: () => {
      const seen = comparison.end();
      const isOtherSize = seenBytes !== (sizeBytes ?? seenBytes);
      return {
        ...seen,
        identity: `${seenBytes} ${seen.identity}`,
        difference: isOtherSize ? `${seenBytes} bytes, not ${sizeBytes}` : seen.difference,
      };
    },
  };
}

function compareWhole({ sha1, sha256 }: NotedArchive): Comparison {
  const isBySha1 = sha256 === undefined && sha1 !== undefined;
  const [algorithm, name, known] = isBySha1 ? ['sha1', 'SHA-1', sha1] : ['sha256', 'SHA-256', sha256];
  const hash = createHash(algorithm);
  return {
    update: (chunk) => void hash.update(chunk),
    end: () => {
      const found = hash.digest('hex');
      return {
        difference: found === (known ?? found) ? undefined : `the ${name} ${found}, not ${known}`,
        identity: found,
        ...(isBySha1 ? {} : { sha256: found }),
      };
    },
  };
}

function comparePartSums(partSums: readonly PartSum[]): Comparison {
  const algorithmOf = (part: PartSum | undefined) => (part?.sha256 === undefined ? 'sha1' : 'sha256');
  let hash = createHash(algorithmOf(partSums[0]));
  let index = 0;
  let inPartBytes = 0;
  let startByte = 0;
  let difference: string | undefined;
  const found: string[] = [];

  /** Ends a part. Its size shows bytes after the last part. */
  const endPart = (part: PartSum) => {
    const sum = hash.digest('hex');
    found.push(sum);
    const endByte = startByte + part.sizeBytes;
    if (sum !== (part.sha256 ?? part.sha1)) difference ??= `other bytes from ${startByte} to ${endByte}`;
    startByte = endByte;
    inPartBytes = 0;
    index += 1;
    hash = createHash(algorithmOf(partSums[index]));
  };
  return {
    update: (chunk) => {
      let rest = chunk;
      for (let part = partSums[index]; part !== undefined && rest.length > 0; part = partSums[index]) {
        const piece = rest.subarray(0, part.sizeBytes - inPartBytes);
        hash.update(piece);
        inPartBytes += piece.length;
        rest = rest.subarray(piece.length);
        if (inPartBytes === part.sizeBytes) endPart(part);
      }
      if (rest.length > 0) {
        hash.update(rest);
        difference ??= 'more bytes than were stored';
      }
    },
    end: () => ({
      difference: difference ?? (index === partSums.length ? undefined : `fewer bytes than were stored`),
      identity: [...found, hash.digest('hex')].join(' '),
    }),
  };
}

/** The sums to compare an archive with. */
interface KnownSums {
  noted: NotedArchive;
  /**
   * Whether no other archive can have these sums. The catalogue holds a SHA-256 only where its own run took it, or an archive
   * password signed it. SHA-1 can be forged, and a rebuild takes it from storage.
   */
  isOwn: boolean;
  /** Why an archive with these sums may still not be the stored one. */
  doubt?: string;
}

/**
 * The sums of an archive: those of the catalogue or, after a rebuild, those kept beside the archive, which count only as
 * much as their signature.
 */
export async function knownSums(
  point: RestorePoint,
  partSums: readonly PartSum[] | undefined,
  passwords: readonly Secret[],
): Promise<KnownSums> {
  const noted = partSums === undefined ? point : { ...point, partSums };
  const note = point.sha256 !== undefined || point.sumNote === undefined ? undefined : parseNote(point.sumNote);
  const isOwn = point.sha256 !== undefined || areStrong(point, partSums ?? []);
  if (note !== undefined) {
    const isSigned = passwords.length === 0 || (await isSignedWithAny(note, point, passwords));
    const doubt = 'the checksum that is kept beside it is not signed with the archive password';
    return { noted: { ...noted, sha256: note.sha256 }, isOwn: false, ...(isSigned ? {} : { doubt }) };
  }
  return isKnown(noted) ? { noted, isOwn } : { noted, isOwn: false, doubt: 'no checksum of it is known' };
}

/** Whether an archive is compared with the SHA-256 of each of its parts. Only a run of this catalogue records them. */
function areStrong({ sha1 }: RestorePoint, partSums: readonly PartSum[]): boolean {
  return sha1 === undefined && partSums.length > 0 && partSums.every(({ sha256 }) => sha256 !== undefined);
}
