import type { BackupRecord, PartSum } from '../core/backup-record.ts';
import { formatAgo, formatBytes, formatInstant } from '../core/format.ts';
import { backupFacts, tookOf } from '../monitor/backup-facts.ts';
import { paint, painted } from './output.ts';
import { shownZone } from './utc.ts';
import { wrapHanging } from './wrap.ts';

export const BACKUP_COLUMNS = [
  { title: 'id' },
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'started', shrinksTo: 10 },
  { title: 'age', droppedAs: 1 },
  { title: 'took', droppedAs: 2 },
  { title: 'size' },
  { title: 'result', shrinksTo: 20 },
];

/** The cells of a backup's line in the table of `logs`. */
export function backupCells(backup: BackupRecord, now: Date): string[] {
  const { startedAt } = backup;
  return [
    String(backup.backupId),
    backup.serverName,
    formatInstant(startedAt, { zone: shownZone() }),
    formatAgo(startedAt, now),
    tookOf(backup) ?? '',
    backup.sizeBytes === undefined ? '' : formatBytes(backup.sizeBytes),
    resultText(backup),
  ];
}

function resultText({ result, error, warnings }: BackupRecord): string {
  if (result === 'failed') return paint('red', `failed: ${error?.split('\n', 1)[0] ?? ''}`);
  const [warning] = warnings;
  if (warning !== undefined) return paint('yellow', `${result}, warning: ${warning}`);
  return result === 'success' ? paint('green', result) : result;
}

const DETAILS_INDENT = 13;

/** Everything about one backup, a line a fact; wrapped to the width of a terminal. */
export function backupDetails(
  backup: BackupRecord,
  partSums: readonly PartSum[] | undefined,
  now: Date,
  terminalWidth = Number.POSITIVE_INFINITY,
): string {
  const colors = { warning: 'yellow', error: 'red' } as const;
  return backupFacts(backup, partSums, now, shownZone())
    .map(({ name, value, level }) => {
      const text = painted(level === undefined ? value : paint(colors[level], value));
      return `${name.padEnd(DETAILS_INDENT)}${wrapHanging(text, terminalWidth, DETAILS_INDENT)}`;
    })
    .join('\n');
}
