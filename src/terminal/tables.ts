import { formatAgo, formatBytes, formatInstant } from '../core/format.ts';
import { whereOf } from '../storage/place.ts';
import { shortReason, type ServerStatus, type State } from '../monitor/status.ts';
import { restorePointRow, type ListedPoint, type PointState } from '../restore/restore-points.ts';
import type { Verification } from '../restore/verify.ts';
import type { PruneAction, PruneEntry } from '../retention/prune.ts';
import { paint, type Color } from './output.ts';
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
  return [
    row.backupId === null ? '' : String(row.backupId),
    row.name,
    formatInstant(new Date(row.startedAt), { zone: shownZone() }),
    formatAgo(new Date(row.startedAt), now),
    row.size === null ? '' : formatBytes(row.size),
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
export function statusCells(
  { name, state, reason = '', lastGood, lastVerified }: ServerStatus,
  now: Date,
  isShort = false,
): string[] {
  return [
    name,
    paint(STATUS_COLORS[state], state),
    lastGood === undefined ? 'never' : whenText(lastGood.startedAt, now),
    lastGood?.sizeBytes === undefined ? '' : formatBytes(lastGood.sizeBytes),
    lastVerified === undefined ? 'never' : whenText(lastVerified.verifiedAt, now),
    isShort ? shortReason(reason) : reason,
  ];
}

export const VERIFICATION_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'result' },
  { title: 'what was seen', shrinksTo: 20 },
];

const VERDICT_WORDS: Record<Verification['verdict'], () => string> = {
  good: () => paint('green', 'good'),
  bad: () => paint('red', 'BAD'),
  unknown: () => paint('yellow', 'unknown'),
};

/** The cells of a verification's line in the table of `verify`. */
export function verificationCells({ name, backupId, verdict, message }: Verification): string[] {
  return [name, String(backupId), VERDICT_WORDS[verdict](), message];
}

export const PRUNE_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
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

/** The cells of a backup's line in the table of `prune`. */
export function pruneCells({ name, backup, action, reasons }: PruneEntry, isDry: boolean, now: Date): string[] {
  const word = isDry && action === 'remove' ? 'to be removed' : PRUNE_WORDS[action];
  return [
    name,
    String(backup.backupId),
    whenText(backup.startedAt, now),
    backup.sizeBytes === undefined ? '' : formatBytes(backup.sizeBytes),
    paint(PRUNE_COLORS[action], word),
    action === 'remove' && reasons.length === 0 ? 'no rule keeps it' : reasons.join(', '),
  ];
}

export const REBUILD_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'archive name', isName: true, shrinksTo: 8 },
  { title: 'server is' },
  { title: 'backups added', shrinksTo: 7 },
];
