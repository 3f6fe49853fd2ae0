import type { BackupRecord } from '../core/backup-record.ts';
import type { ServerFields } from '../server/server.ts';
import { ArchiveError } from '../core/errors.ts';
import { formatBytes } from '../core/format.ts';
import { printableName } from '../core/printable.ts';
import { editCommand, serverCommand } from '../core/server-hint.ts';

type SizeRules = Pick<ServerFields, 'minSizeBytes' | 'sizeTolerancePercent' | 'onSizeChange'>;

/**
 * Judges an archive by its size before it is stored. `lastGood` is the last good backup of the same format and
 * compression; `database` is what was dumped, and `acceptSize` lets a change pass once, after which this backup is the measure for the next.
 *
 * Returns a warning to pass on, or undefined. Throws an `ArchiveError` for an archive that must not be stored.
 */
export function checkSize(
  sizeBytes: number,
  lastGood: Pick<BackupRecord, 'sizeBytes'> | undefined,
  rules: SizeRules,
  { acceptSize, database }: { acceptSize: boolean; database: string },
): string | undefined {
  if (sizeBytes < rules.minSizeBytes) {
    throw new ArchiveError(
      `the archive of database ${printableName(database)} has ${sizeBytes} bytes, less than the minimum of ${rules.minSizeBytes} (--min-size)`,
      `Nothing was stored. Does the database still hold its tables? If it is that small, lower the minimum: ${editCommand(`--min-size ${Math.floor(sizeBytes / 2)}`)}`,
    );
  }
  const before = lastGood?.sizeBytes;
  if (before === undefined || before === 0) return undefined;
  const changePercent = (100 * (sizeBytes - before)) / before;
  if (Math.abs(changePercent) <= rules.sizeTolerancePercent || acceptSize) return undefined;
  const message =
    `the archive of database ${printableName(database)} ${changeText(sizeBytes / before)}, from ${formatBytes(before)} to ${formatBytes(sizeBytes)}, ` +
    `more than the ${rules.sizeTolerancePercent} % that --size-tolerance allows`;
  if (rules.onSizeChange === 'alert') return message;
  throw new ArchiveError(
    message,
    `Nothing was stored. If the change is right: ${serverCommand('run', '--force --accept-size')}`,
  );
}

const MANY_TIMES = 10;

function changeText(ratio: number): string {
  if (ratio >= MANY_TIMES) return `grew to ${Math.round(ratio)} times its size`;
  return `${ratio < 1 ? 'shrank' : 'grew'} by ${Math.abs(100 * (ratio - 1)).toFixed(1)} %`;
}
