import type { BackupRecord, PartSum } from '../core/backup-record.ts';
import { formatAgo, formatBytes, formatDuration, formatInstant, formatMade } from '../core/format.ts';
import { whereOf } from '../storage/place.ts';
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

/** How long it took; undefined while it runs, and where only its begin is known, as after a rebuild of the catalogue. */
function tookOf({ startedAt, finishedAt }: BackupRecord): string | undefined {
  const durationMs = (finishedAt?.getTime() ?? startedAt.getTime()) - startedAt.getTime();
  return durationMs === 0 ? undefined : formatDuration(durationMs);
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
  const { startedAt, rawSizeBytes, sizeBytes } = backup;
  const size = (bytes: number | undefined) =>
    bytes === undefined ? undefined : `${formatBytes(bytes)} (${bytes} bytes)`;
  const facts: [string, string | undefined][] = [
    ['backup', String(backup.backupId)],
    ['server', backup.serverName],
    ['result', backup.result],
    ['started', formatMade(startedAt, now, { zone: shownZone() })],
    ['took', tookOf(backup)],
    ['size', size(sizeBytes)],
    ['dump', size(rawSizeBytes)],
    ['format', backup.format],
    ['compression', backup.compression],
    ['stored as', backup.result === 'success' ? whereOf(backup) : undefined],
    ['object id', backup.objectId],
    ['checksum', backup.sha1 === undefined ? undefined : `sha1:${backup.sha1}`],
    ['sha-256', backup.sha256],
    ['checksums', partSums === undefined ? undefined : `sums of each of its ${partSums.length} parts (--json)`],
    ...backup.warnings.map((warning): [string, string] => ['warning', paint('yellow', warning)]),
    ['error', backup.error === undefined ? undefined : paint('red', backup.error)],
  ];
  return facts
    .flatMap(([name, value]) =>
      value === undefined
        ? []
        : `${name.padEnd(DETAILS_INDENT)}${wrapHanging(painted(value), terminalWidth, DETAILS_INDENT)}`,
    )
    .join('\n');
}
