import type { RemoteArchive } from '../restore/remote-archives.ts';
import type { ListedPoint, PointState } from '../restore/restore-points.ts';
import { backupRow, whereOf, type BackupRow } from './backup-row.ts';
import { formatAgo, formatBytes } from '../core/format.ts';
import { paint, type Color } from './paint.ts';

/** A restore point as `backups --json` prints it; of one that is not in the catalogue id and server are null. */
export type RestorePointRow = Omit<BackupRow, 'backupId'> & {
  backupId: number | null;
  place: string | null;
  state: PointState;
};

export function restorePointRow(point: ListedPoint): RestorePointRow {
  if ('archive' in point) return remoteRow(point.archive, point.state);
  return { ...backupRow(point.backup), place: point.backup.place ?? null, state: point.state };
}

function remoteRow(
  { place, object, format, serverName, startedAt, rawSizeBytes, compression }: RemoteArchive,
  state: PointState,
): RestorePointRow {
  return {
    backupId: null,
    serverId: null,
    name: serverName,
    startedAt: startedAt.toISOString(),
    finishedAt: null,
    success: true,
    size: object.sizeBytes,
    rawSize: rawSizeBytes ?? null,
    format,
    compression: compression ?? null,
    place,
    objectName: object.name,
    objectId: object.id,
    checksum: object.sha1 === undefined ? null : `sha1:${object.sha1}`,
    sha256: null,
    warnings: [],
    error: null,
    state,
  };
}

export const RESTORE_POINT_COLUMNS = [
  { title: 'id' },
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'made', shrinksTo: 8 },
  { title: 'size' },
  { title: 'format', droppedAs: 1 },
  { title: 'state', shrinksTo: 7 },
  { title: 'stored as', isName: true, shrinksTo: 20 },
];

const COLORS: Record<PointState, Color> = {
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
    formatAgo(new Date(row.startedAt), now),
    row.size === null ? '' : formatBytes(row.size),
    row.format ?? '',
    paint(COLORS[point.state], point.state),
    where,
  ];
}
