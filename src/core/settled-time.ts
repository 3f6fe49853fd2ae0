import { isAhead } from './ahead.ts';
import type { BackupRecord } from './backup-record.ts';

type Dated = Pick<BackupRecord, 'backupId' | 'startedAt'>;

/**
 * The time that a backup may be given in place of one that lies ahead: that of the next one that was recorded, or of the
 * last one before it. At the same time the order in which they were recorded decides, so that it takes its place there.
 * `others` are backups of the same server. Undefined where none of them tells.
 */
export function settledTime(backup: Dated, others: readonly Dated[], now: Date): Date | undefined {
  const byId = others
    .filter(({ backupId, startedAt }) => backupId !== backup.backupId && !isAhead(startedAt, now))
    .toSorted((a, b) => a.backupId - b.backupId);
  const next = byId.find(({ backupId }) => backupId > backup.backupId);
  const previous = byId.findLast(({ backupId }) => backupId < backup.backupId);
  return (next ?? previous)?.startedAt;
}
