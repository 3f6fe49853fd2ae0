/** How one server fared in a run; what `run --json` prints, field by field. Sizes in bytes. */
export type Outcome = { serverId: number; name: string } & (
  { status: 'skipped'; reason: string } | SuccessfulOutcome | FailedOutcome
);

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

/** A server's result as `run --json` prints it; fields that do not apply are absent. */
export type OutcomeRow = Omit<Outcome, 'interrupted'>;

export function outcomeRow(outcome: Outcome): OutcomeRow {
  if (outcome.status !== 'failed') return outcome;
  const { interrupted: _interrupted, ...row } = outcome;
  return row;
}
