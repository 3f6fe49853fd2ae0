import { createHash } from 'node:crypto';
import type { PartSum } from '../core/backup-record.ts';
import type { Secret } from '../core/secret.ts';
import { isSignedWith, parseNote } from '../core/sum-note.ts';
import type { RestorePoint } from './choose-point.ts';

/** What was noted of an archive when it was stored; what is not known is absent. */
export interface NotedArchive {
  sizeBytes?: number;
  sha1?: string;
  sha256?: string;
  /** Where no sum of all of it could be taken, those of its parts. */
  partSums?: readonly PartSum[];
}

/** Compares an archive with what was noted of it while its bytes pass by. */
export interface Comparison {
  update(chunk: Buffer): void;
  /** What was seen once all of them have passed; no more bytes may come then. */
  end(): Seen;
}

export interface Seen {
  /** What differs from what was noted, in words. */
  difference: string | undefined;
  /** The same for the same bytes, and for no others. */
  identity: string;
  /** SHA-256 of all of it, where that was taken. */
  sha256?: string;
}

/** Whether it is known by what bytes an archive would be told from another. */
export function isKnown({ sha1, sha256, partSums }: NotedArchive): boolean {
  return sha256 !== undefined || sha1 !== undefined || (partSums !== undefined && partSums.length > 0);
}

/** Only the best sum that was noted is taken: each costs as much again. */
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

  /** Bytes behind the last part are more than were stored, which the size tells. */
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

/** What an archive is to be compared with. */
export interface KnownSums {
  noted: NotedArchive;
  /** Why even an archive that fits may be another one than was stored. */
  doubt?: string;
}

/**
 * The sums of an archive: the catalogue's own or, after a rebuild, those that were kept beside it, which count as much as
 * the signature that they have.
 */
export async function knownSums(
  point: RestorePoint,
  partSums: readonly PartSum[] | undefined,
  password: Secret | undefined,
): Promise<KnownSums> {
  const noted = partSums === undefined ? point : { ...point, partSums };
  const note = point.sha256 !== undefined || point.sumNote === undefined ? undefined : parseNote(point.sumNote);
  if (note !== undefined) {
    const isSigned = password === undefined || (await isSignedWith(note, point, password));
    const doubt = 'the checksum that is kept beside it is not signed with the archive password';
    return { noted: { ...noted, sha256: note.sha256 }, ...(isSigned ? {} : { doubt }) };
  }
  return isKnown(noted) ? { noted } : { noted, doubt: 'no checksum of it is known' };
}
