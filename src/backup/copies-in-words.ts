import type { BackupRecord } from '../core/backup-record.ts';

/** How one place holds a backup. */
export interface CopyState {
  place: string;
  /** Absent where the place does not hold it. */
  objectId?: string;
  /** Why it is missing there. */
  error?: string;
}

/** The state of each copy of a backup, in the order of its places. */
export function copyStates(copies: readonly BackupRecord[]): CopyState[] {
  return copies.flatMap(({ place, objectId, error, result }) =>
    place === undefined
      ? []
      : [
          {
            place,
            ...(objectId === undefined ? {} : { objectId }),
            ...(objectId === undefined && result === 'failed' ? { error: error ?? 'it was not stored' } : {}),
          },
        ],
  );
}

/** `stored in 1 of 2 places: b2:offsite: the key is not valid`; undefined where every place holds the backup. */
export function missingInWords(states: readonly CopyState[]): string | undefined {
  const missing = states.filter(({ objectId }) => objectId === undefined);
  if (missing.length === 0) return undefined;
  const reasons = missing.map(({ place, error = 'it was not stored' }) => `${place}: ${error}`);
  return `stored in ${states.length - missing.length} of ${states.length} places: ${reasons.join('; ')}`;
}

/** ` and in 2 other places`, behind the first place that holds a backup; empty where there is no other. */
export function elsewhere(states: readonly CopyState[]): string {
  const others = states.filter(({ objectId }) => objectId !== undefined).length - 1;
  if (others < 1) return '';
  return ` and in ${others === 1 ? 'another place' : `${others} other places`}`;
}
