import type { BackupRecord } from '../core/backup-record.ts';
import { objectKey } from '../storage/storage.ts';
import type { GradedCopy } from './graded-copies.ts';

/**
 * `present`: storage has it. `bad`: storage has it, and a verification found it bad. `missing`: storage does not have it. `not stored`: it
 * was never stored there, and the next run makes it. `unknown`: storage could not be asked.
 */
type CopyPresence = 'present' | 'bad' | 'missing' | 'not stored' | 'unknown';

/** A copy of a restore point, as `backups --json` prints it. */
export interface ListedCopy {
  /** `b2:BUCKET` or `file:/dir`. */
  place: string;
  /** Null where it was not stored. */
  objectId: string | null;
  state: CopyPresence;
}

/** What storage answered. */
interface Answers {
  /** By `objectKey`. */
  found: ReadonlyMap<string, unknown>;
  /** Whether a place gave no answer, or was not asked for all of the server's archives. */
  isSilent: (place: string) => boolean;
}

/** How each place holds a restore point, the one that is read first at the beginning. */
export function listedCopies(copies: readonly GradedCopy[], answers: Answers): ListedCopy[] {
  return copies.flatMap((copy) => {
    const { place, objectId = null } = copy;
    return place === undefined ? [] : [{ place, objectId, state: presenceOf(copy, answers) }];
  });
}

function presenceOf({ place = '', objectId, foundBad }: GradedCopy, { found, isSilent }: Answers): CopyPresence {
  if (objectId === undefined) return 'not stored';
  if (!found.has(objectKey(place, objectId))) return isSilent(place) ? 'unknown' : 'missing';
  return foundBad === undefined ? 'present' : 'bad';
}

/** Whether storage holds a restore point: in one place at least. */
export function pointState(copies: readonly ListedCopy[]): 'present' | 'missing' | 'unknown' {
  if (copies.some(({ state }) => state === 'present' || state === 'bad')) return 'present';
  return copies.length === 0 || copies.some(({ state }) => state === 'unknown') ? 'unknown' : 'missing';
}

/** `2/3`: so many of its places hold a good copy; undefined where it has but one. */
export function placesInWords(copies: readonly ListedCopy[]): string | undefined {
  if (copies.length < 2) return undefined;
  return `${copies.filter(({ state }) => state === 'present').length}/${copies.length}`;
}

/** A restore point of a row of the log that may be that of a further copy. */
export function ofBackup(row: BackupRecord): BackupRecord {
  return row.copyOf === undefined ? row : { ...row, backupId: row.copyOf };
}
