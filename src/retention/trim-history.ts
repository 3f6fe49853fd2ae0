import { PgbakError } from '../core/errors.ts';
import { systemClock } from '../system/clock.ts';
import type { HistoryCount } from '../catalog/history-queries.ts';
import { tell } from '../terminal/output.ts';
import { takeRunLock, type Workplace } from '../terminal/open-workplace.ts';

export interface TrimOptions {
  /** Of this server only. */
  serverId: number | undefined;
  /** Younger entries stay. */
  keepDays: number;
  /** Remove nothing, only count. */
  isDry?: boolean | undefined;
  /** For a run to end. */
  waitMs: number;
}

/** `logs --trim --json`. */
export interface Trimmed extends HistoryCount {
  /** Only entries from before it were looked at; ISO 8601. */
  before: string;
  dryRun: boolean;
}

const DAY_MS = 86_400_000;

/** Removes old entries of the history that nothing needs, and makes the catalogue's file smaller; see `HistoryQueries`. */
export async function trimHistory(
  workplace: Workplace,
  { serverId, keepDays, isDry = false, waitMs }: TrimOptions,
  signal: AbortSignal,
): Promise<Trimmed> {
  const { history } = workplace.catalog;
  const before = new Date(systemClock.now().getTime() - keepDays * DAY_MS);
  const choice = { before, serverId };
  const facts = { before: before.toISOString(), dryRun: isDry };
  if (isDry) return { ...(await history.trimmable(choice)), ...facts };
  await using _lock = await takeRunLock(workplace, waitMs, signal);
  const trimmed = await history.trim(choice, signal);
  if (trimmed.attempts + trimmed.verifications > 0) {
    try {
      await history.compact();
    } catch (error) {
      if (!(error instanceof PgbakError)) throw error;
      tell(`pgbak: the entries are removed, but the file is as large as before: ${error.message}`);
    }
  }
  return { ...trimmed, ...facts };
}

export function trimmedInWords({ attempts, verifications, before, dryRun }: Trimmed): string {
  const what = `${attempts} attempts and ${verifications} verifications from before ${before.slice(0, 10)}`;
  if (attempts + verifications === 0) return `Nothing from before ${before.slice(0, 10)} can go.`;
  return dryRun ? `Would remove ${what}.` : `Removed ${what}.`;
}
