import type { Outcome } from '../backup/outcome.ts';
import { formatBytes, formatDuration } from '../core/format.ts';
import { InterruptedError } from '../core/errors.ts';
import { renderTable } from './table.ts';

export const OUTCOME_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'result' },
  { title: 'size' },
  { title: 'took' },
  { title: 'details', shrinksTo: 20 },
];

/** The cells of a server's line in the table that ends a run. */
function outcomeCells(outcome: Outcome): string[] {
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

/**
 * The table at the end of a run: a line for each server that was worked on. Leaves out servers that were not due, unless
 * the user named them. A run with nothing due prints nothing without a terminal: cron mails every word.
 */
export function runSummary(
  outcomes: readonly Outcome[],
  { isComplete, isTold, width }: { isComplete: boolean; isTold: boolean; width: number | undefined },
): string | undefined {
  const shown = outcomes.filter(({ status }) => isComplete || status !== 'skipped');
  // A terminal has shown a line for each server already.
  if (shown.length === 1 && isTold && shown[0]?.status !== 'skipped') return undefined;
  if (shown.length > 0) {
    const cells = shown.map((outcome) => outcomeCells(outcome));
    return renderTable(OUTCOME_COLUMNS, cells, width);
  }
  return width === undefined ? undefined : 'Nothing is due. Back up at once: pgbak run --force';
}

/** The exit status of a run: that of the signal that ended it, 1 when a backup failed, else 0. */
export function exitCodeOf(outcomes: readonly Outcome[], signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (signal.aborted && reason instanceof InterruptedError) return reason.exitCode;
  return outcomes.some(({ status }) => status === 'failed') ? 1 : 0;
}
