/** How one server fared in a run. Sizes in bytes. */
export type Outcome = { serverId: number; name: string } & (SkippedOutcome | SuccessfulOutcome | FailedOutcome);

interface SkippedOutcome {
  status: 'skipped';
  reason: string;
  /** Set where it is not due yet: when it will be. */
  due?: Date;
}

interface SuccessfulOutcome {
  status: 'success';
  backupId: number;
  objectName: string;
  objectId: string;
  size: number;
  rawSize: number;
  durationMs: number;
  warnings: string[];
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
  status: 'success' | 'failed' | 'skipped';
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
  /** Why it failed, and what to do. */
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
    case 'success': {
      const { backupId, objectName, objectId, size, rawSize, durationMs, warnings } = outcome;
      const stored = { backupId, objectName, objectId, size, rawSize, durationMs, warnings };
      return { ...identity, reason: null, ...stored, error: null };
    }
    case 'failed': {
      const { backupId = null, durationMs, warnings, error } = outcome;
      return { ...identity, reason: null, backupId, ...nothing, durationMs, warnings, error };
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
      };
  }
}
