import { createHash } from 'node:crypto';
import type { PartSum } from '../config/backup-record.ts';

/** What was noted of an archive when it was stored; absent what nobody knows any more. */
export interface NotedArchive {
  sizeBytes?: number;
  sha1?: string;
  /** In place of the SHA-1 of all of it, those of its parts. */
  partSums?: readonly PartSum[];
}

/** Compares an archive with what was noted of it while its bytes pass by. */
export interface Comparison {
  update(chunk: Buffer): void;
  /** What differs, once all of them have passed. */
  difference(): string | undefined;
}

export function compareChecksum({ sizeBytes, sha1, partSums }: NotedArchive): Comparison {
  const parts = comparePartSums(partSums ?? []);
  const whole = createHash('sha1');
  let seenBytes = 0;
  return {
    update: (chunk) => {
      seenBytes += chunk.length;
      if (partSums === undefined) whole.update(chunk);
      else parts.update(chunk);
    },
    difference: () => {
      if (seenBytes !== (sizeBytes ?? seenBytes)) return `${seenBytes} bytes, not ${sizeBytes}`;
      if (partSums !== undefined) return parts.difference();
      const found = whole.digest('hex');
      return found === (sha1 ?? found) ? undefined : `the SHA-1 ${found}, not ${sha1}`;
    },
  };
}

function comparePartSums(partSums: readonly PartSum[]): Comparison {
  let hash = createHash('sha1');
  let index = 0;
  let inPartBytes = 0;
  let startByte = 0;
  let difference: string | undefined;

  /** Bytes behind the last part are more than were stored, which the size tells. */
  const endPart = (part: PartSum) => {
    const found = hash.digest('hex');
    const endByte = startByte + part.sizeBytes;
    if (found !== part.sha1) difference ??= `other bytes from ${startByte} to ${endByte}`;
    startByte = endByte;
    hash = createHash('sha1');
    inPartBytes = 0;
    index += 1;
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
    },
    difference: () => difference ?? (index === partSums.length ? undefined : `fewer bytes than were stored`),
  };
}
