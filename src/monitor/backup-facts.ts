import type { BackupRecord, PartSum } from '../core/backup-record.ts';
import { formatBytes, formatDuration, formatInstant, formatMade } from '../core/format.ts';
import type { Zone } from '../core/time-zone.ts';
import { whereOf } from '../storage/place.ts';

/** A line about a backup. */
export interface BackupFact {
  name: string;
  value: string;
  level?: 'warning' | 'error';
}

/** Everything about one backup, for people. */
export function backupFacts(
  backup: BackupRecord,
  partSums: readonly PartSum[] | undefined,
  now: Date,
  zone: Zone,
): BackupFact[] {
  const { startedAt, rawSizeBytes, sizeBytes } = backup;
  const size = (bytes: number | undefined) =>
    bytes === undefined ? undefined : `${formatBytes(bytes)} (${bytes} bytes)`;
  const where = backup.result === 'success' ? whereOf(backup) : undefined;
  const facts: [string, string | undefined][] = [
    ['backup', String(backup.backupId)],
    ['server', backup.serverName],
    ['result', backup.result],
    ['started', formatMade(startedAt, now, { zone })],
    ['took', tookOf(backup)],
    ['size', size(sizeBytes)],
    ['dump', size(rawSizeBytes)],
    ['format', backup.format],
    ['compression', backup.compression],
    ['stored as', where],
    // In a directory it is the same.
    ['object id', backup.objectId === where ? undefined : backup.objectId],
    ['kept', keptText(backup, zone)],
    ['checksum', backup.sha1 === undefined ? undefined : `sha1:${backup.sha1}`],
    ['sha-256', backup.sha256],
    ['checksums', partSums === undefined ? undefined : `sums of each of its ${partSums.length} parts (--json)`],
  ];
  const warnings = backup.warnings.map((value): BackupFact => ({ name: 'warning', value, level: 'warning' }));
  const error: BackupFact[] =
    backup.error === undefined ? [] : [{ name: 'error', value: backup.error, level: 'error' }];
  return [...facts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])), ...warnings, ...error];
}

function keptText({ kept }: BackupRecord, zone: Zone): string | undefined {
  if (kept === undefined) return undefined;
  const until = kept.until === undefined ? 'by hand' : `until ${formatInstant(kept.until, { zone })}`;
  return kept.note === undefined ? until : `${until}: ${kept.note}`;
}

/** How long it took; undefined while it runs, and where only its begin is known, as after a rebuild of the catalogue. */
export function tookOf({ startedAt, finishedAt }: BackupRecord): string | undefined {
  const durationMs = (finishedAt?.getTime() ?? startedAt.getTime()) - startedAt.getTime();
  return durationMs === 0 ? undefined : formatDuration(durationMs);
}
