import type { PruneAction, PruneEntry } from '../retention/prune.ts';
import { formatAgo, formatBytes } from '../core/format.ts';
import { paint, type Color } from './paint.ts';

/** What becomes of a backup, as `prune --json` prints it. */
export interface PruneRow {
  serverId: number;
  name: string;
  backupId: number;
  startedAt: string;
  size: number | null;
  objectName: string;
  objectId: string;
  action: PruneAction;
  reasons: readonly string[];
}

export function pruneRow({ serverId, name, backup, action, reasons }: PruneEntry): PruneRow {
  return {
    serverId,
    name,
    backupId: backup.backupId,
    startedAt: backup.startedAt.toISOString(),
    size: backup.sizeBytes ?? null,
    objectName: backup.objectName,
    objectId: backup.objectId,
    action,
    reasons,
  };
}

export const PRUNE_COLUMNS = [
  { title: 'server', isName: true, shrinksTo: 8 },
  { title: 'backup' },
  { title: 'made', shrinksTo: 8 },
  { title: 'size', droppedAs: 1 },
  { title: 'is' },
  { title: 'because', shrinksTo: 15 },
];

const COLORS: Record<PruneAction, Color> = {
  keep: 'green',
  remove: 'yellow',
  missing: 'red',
  unknown: 'yellow',
  locked: 'yellow',
  failed: 'red',
};
const WORDS: Record<PruneAction, string> = {
  keep: 'kept',
  remove: 'removed',
  missing: 'missing',
  unknown: 'unknown',
  locked: 'locked',
  failed: 'not removed',
};

/** The cells of a backup's line in the table of `prune`. */
export function pruneCells({ name, backup, action, reasons }: PruneEntry, isDry: boolean, now: Date): string[] {
  const word = isDry && action === 'remove' ? 'to be removed' : WORDS[action];
  return [
    name,
    String(backup.backupId),
    formatAgo(backup.startedAt, now),
    backup.sizeBytes === undefined ? '' : formatBytes(backup.sizeBytes),
    paint(COLORS[action], word),
    action === 'remove' && reasons.length === 0 ? 'no rule keeps it' : reasons.join(', '),
  ];
}
