import type { BackupRecord } from '../config/backup-record.ts';
import { formatAgo, formatBytes, formatDuration } from './format.ts';

/** A backup as `logs --json` prints it; what does not apply is null. */
export interface BackupRow {
  backupId: number;
  serverId: number | null;
  name: string;
  startedAt: string;
  finishedAt: string | null;
  success: boolean;
  size: number | null;
  rawSize: number | null;
  format: string | null;
  compression: string | null;
  objectName: string | null;
  objectId: string | null;
  checksum: string | null;
  warnings: string[];
  error: string | null;
}

export function backupRow(backup: BackupRecord): BackupRow {
  return {
    backupId: backup.backupId,
    serverId: backup.serverId ?? null,
    name: backup.serverName,
    startedAt: backup.startedAt.toISOString(),
    finishedAt: backup.finishedAt?.toISOString() ?? null,
    success: backup.result === 'success',
    size: backup.sizeBytes ?? null,
    rawSize: backup.rawSizeBytes ?? null,
    format: backup.format ?? null,
    compression: backup.compression ?? null,
    objectName: backup.objectName ?? null,
    objectId: backup.objectId ?? null,
    checksum: backup.sha1 === undefined ? null : `sha1:${backup.sha1}`,
    warnings: backup.warnings,
    error: backup.error ?? null,
  };
}

export const BACKUP_COLUMNS = [
  { title: 'id' },
  { title: 'server', shrinksTo: 8 },
  { title: 'started', shrinksTo: 8 },
  { title: 'took' },
  { title: 'size' },
  { title: 'result', shrinksTo: 20 },
];

/** The cells of a backup's line in the table of `logs`. */
export function backupCells(backup: BackupRecord, now: Date): string[] {
  const { startedAt, finishedAt } = backup;
  return [
    String(backup.backupId),
    backup.serverName,
    formatAgo(startedAt, now),
    finishedAt === undefined ? '' : formatDuration(finishedAt.getTime() - startedAt.getTime()),
    backup.sizeBytes === undefined ? '' : formatBytes(backup.sizeBytes),
    resultText(backup),
  ];
}

function resultText({ result, error, warnings }: BackupRecord): string {
  if (result === 'failed') return `failed: ${error?.split('\n', 1)[0] ?? ''}`;
  const [warning] = warnings;
  return warning === undefined ? result : `${result}, warning: ${warning}`;
}
