import type { DatabaseTarget, Target } from './restore.ts';

// What an interrupted restore leaves, for the user who stopped it.

/** Before anything was changed. */
export function leftUntouched(target: Target): string {
  if (target.kind === 'file') return `${target.path} was not written.`;
  if (target.kind === 'stream') return 'The dump was not written to its end.';
  return `Nothing was restored; ${target.label} ${target.isNew ? 'was not made' : 'is unchanged'}.`;
}

/** While a dump is loaded. `doubt` says that it is not known whether the load was committed. */
export function leftByLoad({ label, isNew, jobs }: DatabaseTarget, doubt: string | undefined): string {
  if (isNew) return `Nothing was restored; the new database ${label} was removed again.`;
  if (jobs() > 1) return `${label} keeps what was loaded so far, since ${jobs()} jobs do not share a transaction.`;
  return doubt ?? `The load was rolled back: nothing was restored, and ${label} is as it was before.`;
}

/** After the load was committed. */
export function leftByLastSteps({ label }: DatabaseTarget): string {
  return `All of the dump is restored. Missing are only planner statistics, and perhaps settings of the database. To gather statistics, run in ${label}: ANALYZE`;
}

/** During ANALYZE. */
export function leftByAnalyze({ label }: DatabaseTarget): string {
  return `All of it is restored. Missing are only planner statistics. To gather them, run in ${label}: ANALYZE`;
}
