import type { CopyRow } from '../backup/copy-backups.ts';
import { formatAgo, formatBytes, formatInstant } from '../core/format.ts';
import { whereOf } from '../storage/place.ts';
import { placeCount, shortReason, type ServerStatus, type State } from '../monitor/status.ts';
import { placesInWords } from '../restore/listed-copies.ts';
import { restorePointRow, type ListedPoint, type PointState } from '../restore/restore-points.ts';
import type { Verification } from '../restore/verify.ts';
import type { PruneAction, PruneEntry } from '../retention/prune.ts';
import { paint, type Color } from './output.ts';
import { renderTable, type Column } from './table.ts';
import { shownZone } from './utc.ts';
import { whenText } from './when.ts';

export const RESTORE_POINT_COLUMNS = [
  { title: 'id' },
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'made', shrinksTo: 16 },
  { title: 'age', droppedAs: 1 },
  { title: 'size' },
  { title: 'format', droppedAs: 2 },
  { title: 'state', shrinksTo: 7 },
  // Room for the name of most archives: `shop.20261123T101500Z.sql.7z`.
  { title: 'stored as', isName: true, shrinksTo: 28, droppedAs: 3 },
];

const POINT_COLORS: Record<PointState, Color> = {
  present: 'green',
  missing: 'red',
  'not in catalogue': 'yellow',
  'of another catalogue': 'yellow',
  unknown: 'yellow',
};

/** The cells of a restore point's line in the table of `backups`. */
export function restorePointCells(point: ListedPoint, now: Date): string[] {
  const row = restorePointRow(point);
  const where =
    'archive' in point
      ? whereOf({
          place: point.archive.place,
          objectName: point.archive.object.name,
          objectId: point.archive.object.id,
        })
      : whereOf(point.backup);
  const size = row.size === null ? '' : formatBytes(row.size);
  return [
    row.backupId === null ? '' : String(row.backupId),
    row.name,
    formatInstant(new Date(row.startedAt), { zone: shownZone() }),
    formatAgo(new Date(row.startedAt), now),
    [size, placesInWords(row.copies)].filter(Boolean).join(', '),
    row.format ?? '',
    paint(POINT_COLORS[point.state], point.state),
    where,
  ];
}

export const STATUS_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'state' },
  { title: 'last good backup', shrinksTo: 8 },
  { title: 'size', droppedAs: 1 },
  { title: 'last verified', shrinksTo: 8, droppedAs: 2 },
  { title: 'why', shrinksTo: 15 },
];

const STATUS_COLORS: Record<State, Color> = {
  OK: 'green',
  WARNING: 'yellow',
  INCOMPLETE: 'red',
  LATE: 'red',
  FAILING: 'red',
  NEVER: 'yellow',
};

/** The reasons that do not stand in the table as a whole, a line for each server. */
export function longReasons(statuses: readonly ServerStatus[]): string[] {
  return statuses.flatMap(({ name, reason, lastAttempt }) => {
    if (reason === undefined || shortReason(reason) === reason) return [];
    const more = lastAttempt?.result === 'failed' ? `\nMore: pgbak logs --id ${lastAttempt.backupId}` : '';
    return [`${name}: ${reason}${more}`];
  });
}

/** The cells of a server's line in the table of `status`. `isShort`: with the beginning of a long reason only. */
export function statusCells(status: ServerStatus, now: Date, isShort = false): string[] {
  const { name, state, reason = '', lastGood, lastVerified } = status;
  const { held, of } = placeCount(status);
  const size = lastGood?.sizeBytes === undefined ? '' : formatBytes(lastGood.sizeBytes);
  return [
    name,
    paint(STATUS_COLORS[state], state),
    lastGood === undefined ? 'never' : whenText(lastGood.startedAt, now),
    of > 1 && size !== '' ? `${size}, ${held}/${of}` : size,
    lastVerified === undefined ? 'never' : whenText(lastVerified.verifiedAt, now),
    isShort ? shortReason(reason) : reason,
  ];
}

export const VERIFICATION_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'in', shrinksTo: 10 },
  { title: 'result' },
  { title: 'what was seen', shrinksTo: 20 },
];

const PLACE_COLUMN = 2;

const VERDICT_WORDS: Record<Verification['verdict'], () => string> = {
  good: () => paint('green', 'good'),
  bad: () => paint('red', 'BAD'),
  unknown: () => paint('yellow', 'unknown'),
};

/** The table of `verify`. */
export function verificationTable(verifications: readonly Verification[], width: number | undefined): string {
  const rows = verifications.map(({ name, backupId, place, verdict, message }) => ({
    backupId,
    cells: [name, String(backupId), place, VERDICT_WORDS[verdict](), message],
  }));
  return tableByPlace(VERIFICATION_COLUMNS, rows, width);
}

/** A table of archives. It names the place of each only where a backup has several copies. */
function tableByPlace(
  columns: readonly Column[],
  rows: readonly { backupId: number; cells: readonly string[] }[],
  width: number | undefined,
): string {
  const hasCopies = new Set(rows.map(({ backupId }) => backupId)).size < rows.length;
  const shown = <Cell>(cells: readonly Cell[]) => cells.filter((_cell, index) => hasCopies || index !== PLACE_COLUMN);
  return renderTable(
    shown(columns),
    rows.map(({ cells }) => shown(cells)),
    width,
  );
}

export const PRUNE_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'in', shrinksTo: 10, droppedAs: 2 },
  { title: 'made', shrinksTo: 8 },
  { title: 'size', droppedAs: 1 },
  { title: 'is' },
  { title: 'because', shrinksTo: 15 },
];

const PRUNE_COLORS: Record<PruneAction, Color> = {
  keep: 'green',
  remove: 'yellow',
  missing: 'red',
  unknown: 'yellow',
  locked: 'yellow',
  failed: 'red',
};
const PRUNE_WORDS: Record<PruneAction, string> = {
  keep: 'kept',
  remove: 'removed',
  missing: 'missing',
  unknown: 'unknown',
  locked: 'locked',
  failed: 'not removed',
};

/** The table of `prune`. */
export function pruneTable(
  entries: readonly PruneEntry[],
  isDry: boolean,
  now: Date,
  width: number | undefined,
): string {
  const rows = entries.map(({ name, backup, action, reasons }) => {
    const backupId = backup.copyOf ?? backup.backupId;
    const word = isDry && action === 'remove' ? 'to be removed' : PRUNE_WORDS[action];
    const cells = [
      name,
      String(backupId),
      backup.place,
      whenText(backup.startedAt, now),
      backup.sizeBytes === undefined ? '' : formatBytes(backup.sizeBytes),
      paint(PRUNE_COLORS[action], word),
      action === 'remove' && reasons.length === 0 ? 'no rule keeps it' : reasons.join(', '),
    ];
    return { backupId, cells };
  });
  return tableByPlace(PRUNE_COLUMNS, rows, width);
}

export const REBUILD_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'archive name', isName: true, shrinksTo: 8 },
  { title: 'server is' },
  { title: 'backups added', shrinksTo: 7 },
];

const COPY_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'to', shrinksTo: 12 },
  { title: 'result', shrinksTo: 15 },
];

/** The table of `copy`. */
export function copyTable(rows: readonly CopyRow[], width: number | undefined): string {
  const cells = rows.map(({ name, backupId, place, error }) => [
    name,
    String(backupId),
    place,
    error === null ? paint('green', 'copied') : paint('red', error.split('\n', 1)[0] ?? ''),
  ]);
  return renderTable(COPY_COLUMNS, cells, width);
}
