import type { Outcome } from '../backup/outcome.ts';
import { formatBytes, formatDue, formatDuration } from '../core/format.ts';
import { InterruptedError } from '../core/errors.ts';
import { paint } from './output.ts';
import { renderTable } from './table.ts';
import { shownZone } from './utc.ts';

export const OUTCOME_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'result', shrinksTo: 8 },
  { title: 'size' },
  { title: 'took', shrinksTo: 5 },
  { title: 'details', shrinksTo: 20 },
];

interface SummaryOptions {
  /** Also show servers that were not due: the user named them. */
  isComplete: boolean;
  /** Whether a line told each result when it came; false for a dry run. */
  isTold: boolean;
  /** Whether those lines stand on the terminal above the table. */
  isAbove: boolean;
  width: number | undefined;
  now: Date;
}

/** The cells of a server's line in the table that ends a run. Details are what no line has told. */
function outcomeCells(outcome: Outcome, { isTold, now }: SummaryOptions): string[] {
  switch (outcome.status) {
    case 'success': {
      const count = outcome.warnings.length;
      const result =
        count === 0
          ? paint('green', 'success')
          : paint('yellow', `success, ${count} ${count === 1 ? 'warning' : 'warnings'}`);
      return [outcome.name, result, formatBytes(outcome.size), formatDuration(outcome.durationMs), ''];
    }
    case 'incomplete': {
      const { size, durationMs } = outcome;
      const told = isTold ? '' : outcome.error;
      return [outcome.name, paint('red', 'incomplete'), formatBytes(size), formatDuration(durationMs), told];
    }
    case 'failed': {
      const took = isTold ? formatDuration(outcome.durationMs) : '';
      return [outcome.name, paint('red', 'failed'), '', took, isTold ? '' : outcome.error];
    }
    case 'skipped': {
      const due =
        outcome.due === undefined
          ? undefined
          : `${formatDue(outcome.due, now, { zone: shownZone() })}. To back it up now: --force`;
      return due === undefined
        ? [outcome.name, isTold ? 'skipped' : 'dry run', '', '', outcome.reason.replace(/^dry run: /, '')]
        : [outcome.name, 'skipped', '', '', `due ${due}`];
    }
  }
}

/**
 * The table at the end of a run: a line for each server that was worked on. Leaves out servers that were not due, unless
 * the user named them. A run with nothing due prints nothing without a terminal: cron mails every word.
 */
export function runSummary(outcomes: readonly Outcome[], options: SummaryOptions): string | undefined {
  const { isComplete, isTold, isAbove, width } = options;
  const shown = outcomes.filter(({ status }) => isComplete || status !== 'skipped');
  const [first] = shown;
  if (first === undefined) return width === undefined ? undefined : nothingDue(outcomes, options.now);
  // The line above has said all.
  if (shown.length === 1 && isTold && isAbove && first.status !== 'skipped') return undefined;
  const rows = shown.map((outcome) => outcomeCells(outcome, options));
  const used = OUTCOME_COLUMNS.map((_column, index) => rows.some((row) => row[index] !== ''));
  const kept = <Cell>(cells: readonly Cell[]) => cells.filter((_cell, index) => used[index]);
  return renderTable(
    kept(OUTCOME_COLUMNS),
    rows.map((row) => kept(row)),
    width,
  );
}

function nothingDue(outcomes: readonly Outcome[], now: Date): string {
  const waiting = outcomes.flatMap((outcome) =>
    outcome.status === 'skipped' && outcome.due !== undefined ? [{ name: outcome.name, due: outcome.due }] : [],
  );
  const [next] = waiting.toSorted((a, b) => a.due.getTime() - b.due.getTime());
  const then =
    next === undefined ? '.' : `: the next is ${next.name}, ${formatDue(next.due, now, { zone: shownZone() })}.`;
  return `Nothing is due${then}\nTo back up now: pgbak run --force`;
}

/** The exit status of a run: that of the signal that ended it, 1 when a backup failed or is not in all of its places, else 0. */
export function exitCodeOf(outcomes: readonly Outcome[], signal: AbortSignal): number {
  const reason: unknown = signal.reason;
  if (signal.aborted && reason instanceof InterruptedError) return reason.exitCode;
  return outcomes.some(({ status }) => status === 'failed' || status === 'incomplete') ? 1 : 0;
}
