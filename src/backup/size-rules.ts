import type { BackupRecord } from '../core/backup-record.ts';
import type { ServerFields } from '../server/server.ts';
import { ArchiveError } from '../core/errors.ts';

type SizeRules = Pick<ServerFields, 'minSizeBytes' | 'sizeTolerancePercent' | 'onSizeChange'>;

/**
 * Judges an archive by its size before it is stored. `lastGood` is the last good backup of the same format and
 * compression; `acceptSize` lets a change pass once, after which this backup is the measure for the next.
 *
 * Returns a warning to pass on, or undefined. Throws an `ArchiveError` for an archive that must not be stored.
 */
export function checkSize(
  sizeBytes: number,
  lastGood: Pick<BackupRecord, 'sizeBytes'> | undefined,
  rules: SizeRules,
  acceptSize: boolean,
): string | undefined {
  if (sizeBytes < rules.minSizeBytes) {
    throw new ArchiveError(
      `the archive has ${sizeBytes} bytes, less than the minimum of ${rules.minSizeBytes}`,
      'Look whether the database still holds its tables; if it is meant to be that small, lower --min-size.',
    );
  }
  const before = lastGood?.sizeBytes;
  if (before === undefined || before === 0) return undefined;
  const changePercent = (100 * (sizeBytes - before)) / before;
  if (Math.abs(changePercent) <= rules.sizeTolerancePercent || acceptSize) return undefined;
  const change = changePercent < 0 ? 'shrank' : 'grew';
  const message =
    `the archive ${change} by ${Math.abs(changePercent).toFixed(1)} %, from ${before} to ${sizeBytes} bytes, ` +
    `more than the ${rules.sizeTolerancePercent} % that --size-tolerance allows`;
  if (rules.onSizeChange === 'alert') return message;
  throw new ArchiveError(
    message,
    'Nothing was stored. If the change is right, run again with --force --accept-size to make it the new measure.',
  );
}
