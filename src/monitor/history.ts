import type { BackupRecord, PartSum } from '../core/backup-record.ts';

/** A part of an archive and its sums. */
interface PartChecksum {
  size: number;
  checksum: string;
  sha256: string | null;
}

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
  sha256: string | null;
  /** In place of `checksum`, for an archive whose parts were never on the disk together; null without `logs --id`. */
  partChecksums: PartChecksum[] | null;
  warnings: string[];
  error: string | null;
}

export function backupRow(backup: BackupRecord, partSums?: readonly PartSum[]): BackupRow {
  const partChecksums = partSums?.map(({ sizeBytes, sha1, sha256 }) => ({
    size: sizeBytes,
    checksum: `sha1:${sha1}`,
    sha256: sha256 ?? null,
  }));
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
    sha256: backup.sha256 ?? null,
    partChecksums: partChecksums ?? null,
    warnings: backup.warnings,
    error: backup.error ?? null,
  };
}
