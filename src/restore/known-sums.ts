import type { PartSum } from '../core/backup-record.ts';
import type { Secret } from '../core/secret.ts';
import { isSignedWith, parseNote } from '../core/sum-note.ts';
import type { RestorePoint } from './choose-point.ts';
import { isKnown, type NotedArchive } from './compare-checksum.ts';

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
