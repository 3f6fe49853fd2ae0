import type { CopyState } from './copies-in-words.ts';

/** How one server fared in a run. Sizes in bytes. */
export type Outcome = { serverId: number; name: string } & (SkippedOutcome | StoredOutcome | FailedOutcome);

interface SkippedOutcome {
  status: 'skipped';
  reason: string;
  /** Set where it is not due yet: when it will be. */
  due?: Date;
}

/**
 * `incomplete`: at least one of its places holds the backup, and another does not. The backup may be an earlier one, whose missing
 * copy could not be made.
 */
type StoredOutcome = StoredFacts & ({ status: 'success' } | { status: 'incomplete'; error: string });

interface StoredFacts {
  backupId: number;
  objectName: string;
  objectId: string;
  size: number;
  /** Null where it is not known. */
  rawSize: number | null;
  durationMs: number;
  warnings: string[];
  /** Its copies, the first being the one above. */
  copies: readonly CopyState[];
}

interface FailedOutcome {
  status: 'failed';
  /** Absent where the attempt could not be recorded. */
  backupId?: number;
  durationMs: number;
  warnings: string[];
  error: string;
  /** A signal ended the backup. */
  interrupted: boolean;
}

/** A server's result as `run --json` prints it: sizes in bytes, null for what does not apply. */
export interface OutcomeRow {
  serverId: number;
  name: string;
  status: 'success' | 'incomplete' | 'failed' | 'skipped';
  /** Why it was skipped. */
  reason: string | null;
  /** Null where nothing was attempted, or the attempt could not be recorded. */
  backupId: number | null;
  /** `shop.sql.7z`. */
  objectName: string | null;
  /** B2's file id, or the path of the file. */
  objectId: string | null;
  /** The archive's size. */
  size: number | null;
  /** The dump's size. */
  rawSize: number | null;
  durationMs: number | null;
  warnings: string[];
  /** Why it failed or is incomplete, and what to do. */
  error: string | null;
  /** How each place holds it; empty where nothing was stored. */
  copies: CopyRow[];
}

interface CopyRow {
  place: string;
  objectId: string | null;
  /** Why the place does not hold it. */
  error: string | null;
}

/** The document of `run --json`. */
export interface RunDocument {
  results: OutcomeRow[];
}

export function outcomeRow(outcome: Outcome): OutcomeRow {
  const { serverId, name, status } = outcome;
  const nothing = { objectName: null, objectId: null, size: null, rawSize: null };
  const identity = { serverId, name, status };
  switch (outcome.status) {
    case 'success':
    case 'incomplete': {
      const { backupId, objectName, objectId, size, rawSize, durationMs, warnings } = outcome;
      const stored = { backupId, objectName, objectId, size, rawSize, durationMs, warnings };
      const error = outcome.status === 'incomplete' ? outcome.error : null;
      return { ...identity, reason: null, ...stored, error, copies: copyRows(outcome.copies) };
    }
    case 'failed': {
      const { backupId = null, durationMs, warnings, error } = outcome;
      return { ...identity, reason: null, backupId, ...nothing, durationMs, warnings, error, copies: [] };
    }
    case 'skipped':
      return {
        ...identity,
        reason: outcome.reason,
        backupId: null,
        ...nothing,
        durationMs: null,
        warnings: [],
        error: null,
        copies: [],
      };
  }
}

function copyRows(copies: readonly CopyState[]): CopyRow[] {
  return copies.map(({ place, objectId = null, error = null }) => ({ place, objectId, error }));
}
