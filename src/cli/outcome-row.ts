import type { Outcome } from '../backup/outcome.ts';
import { InterruptedError } from '../errors.ts';
import { formatBytes, formatDuration } from './format.ts';

/** A server's result as `run --json` prints it; fields that do not apply are absent. */
export type OutcomeRow = Omit<Outcome, 'interrupted'>;

export function outcomeRow(outcome: Outcome): OutcomeRow {
  if (outcome.status !== 'failed') return outcome;
  const { interrupted: _interrupted, ...row } = outcome;
  return row;
}

export const OUTCOME_COLUMNS = [
  { title: 'server', shrinksTo: 8 },
  { title: 'result' },
  { title: 'size' },
  { title: 'took' },
  { title: 'details', shrinksTo: 20 },
];

/** The cells of a server's line in the table that ends a run. */
export function outcomeCells(outcome: Outcome): string[] {
  switch (outcome.status) {
    case 'success':
      return [
        outcome.name,
        'success',
        formatBytes(outcome.size),
        formatDuration(outcome.durationMs),
        [outcome.objectName, ...outcome.warnings.map((warning) => `warning: ${warning}`)].join('\n'),
      ];
    case 'failed':
      return [outcome.name, 'failed', '', formatDuration(outcome.durationMs), outcome.error];
    case 'skipped':
      return [outcome.name, 'skipped', '', '', outcome.reason];
  }
}

/** The exit status of a run: that of the signal which ended it, 1 when a backup failed, else 0. */
export function exitCodeOf(outcomes: readonly Outcome[], signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (signal.aborted && reason instanceof InterruptedError) return reason.exitCode;
  return outcomes.some(({ status }) => status === 'failed') ? 1 : 0;
}
