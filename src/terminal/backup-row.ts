import { directoryAt } from '../storage/place.ts';
import type { BackupRecord, PartSum } from '../core/backup-record.ts';
import { formatAgo, formatBytes, formatDuration, formatInstant } from '../core/format.ts';
import { paint } from './paint.ts';

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
  /** Of one entry, where it was stored in parts that were never on the disk together: what is known in place of it. */
  partChecksums?: { size: number; checksum: string; sha256?: string }[];
  warnings: string[];
  error: string | null;
}

export function backupRow(backup: BackupRecord, partSums?: readonly PartSum[]): BackupRow {
  const partChecksums = partSums?.map(({ sizeBytes, sha1, sha256 }) => ({
    size: sizeBytes,
    checksum: `sha1:${sha1}`,
    ...(sha256 === undefined ? {} : { sha256 }),
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
    ...(partChecksums === undefined ? {} : { partChecksums }),
    warnings: backup.warnings,
    error: backup.error ?? null,
  };
}

export const BACKUP_COLUMNS = [
  { title: 'id' },
  { title: 'server', isName: true, shrinksTo: 8 },
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
  if (result === 'failed') return paint('red', `failed: ${error?.split('\n', 1)[0] ?? ''}`);
  const [warning] = warnings;
  if (warning !== undefined) return paint('yellow', `${result}, warning: ${warning}`);
  return result === 'success' ? paint('green', result) : result;
}

/** A file's path tells all; of B2 it takes the bucket, the name and the version's time. */
export function whereOf({
  place,
  objectName,
  objectId,
}: Pick<BackupRecord, 'place' | 'objectName' | 'objectId'>): string {
  if (place === undefined) return 'not recorded by the earlier program';
  return directoryAt(place) === undefined ? `${place}/${objectName ?? ''}` : (objectId ?? place);
}

/** Everything about one backup, a line a fact. */
export function backupDetails(backup: BackupRecord, partSums: readonly PartSum[] | undefined): string {
  const { finishedAt, startedAt, rawSizeBytes, sizeBytes } = backup;
  const size = (bytes: number | undefined) =>
    bytes === undefined ? undefined : `${formatBytes(bytes)} (${bytes} bytes)`;
  const facts: [string, string | undefined][] = [
    ['backup', String(backup.backupId)],
    ['server', backup.serverName],
    ['result', backup.result],
    ['started', formatInstant(startedAt)],
    ['took', finishedAt === undefined ? undefined : formatDuration(finishedAt.getTime() - startedAt.getTime())],
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
      value === undefined ? [] : `${name.padEnd(13)}${value.replaceAll('\n', `\n${' '.repeat(13)}`)}`,
    )
    .join('\n');
}
