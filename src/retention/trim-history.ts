import type { HistoryCount } from '../catalog/history-queries.ts';
import { takeRunLock } from '../catalog/run-lock.ts';
import type { Context } from '../core/context.ts';
import { PgbakError } from '../core/errors.ts';

export interface TrimOptions {
  /** Of these servers only. */
  serverIds: readonly number[] | undefined;
  /** Younger entries stay. */
  keepDays: number;
  /** Remove nothing, only count. */
  isDry?: boolean | undefined;
  /** How long to wait for a run to end. */
  waitMs: number;
}

/** `logs --trim --json`. */
export interface Trimmed extends HistoryCount {
  /** Entries from before this time were looked at; ISO 8601. */
  before: string;
  dryRun: boolean;
}

const DAY_MS = 86_400_000;

/** Removes old entries of the history that nothing needs, and shrinks the file of the catalogue; see `HistoryQueries`. */
export async function trimHistory(
  context: Context,
  { serverIds, keepDays, isDry = false, waitMs }: TrimOptions,
): Promise<Trimmed> {
  const { clock, report, signal } = context;
  const { history } = context.catalog;
  const before = new Date(clock.now().getTime() - keepDays * DAY_MS);
  const choice = { before, serverIds };
  const facts = { before: before.toISOString(), dryRun: isDry };
  if (isDry) return { ...(await history.trimmable(choice)), ...facts };
  await using _lock = await takeRunLock(context, { command: 'logs --trim', waitMs });
  const trimmed = await history.trim(choice, signal);
  if (trimmed.attempts + trimmed.verifications > 0) {
    try {
      await context.catalog.compact();
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      report({
        type: 'note',
        message: `the entries were removed, but the file of the catalogue is as large as before: ${error.message}`,
      });
    }
  }
  return { ...trimmed, ...facts };
}

export function trimmedInWords({ attempts, verifications, before, dryRun }: Trimmed): string {
  const what = `${attempts} attempts and ${verifications} verifications from before ${before.slice(0, 10)}`;
  if (attempts + verifications === 0) return `Nothing from before ${before.slice(0, 10)} can be removed.`;
  return dryRun ? `Would remove ${what}.` : `Removed ${what}.`;
}
