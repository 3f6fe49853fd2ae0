import type { VerificationRecord } from '../../core/backup-record.ts';
import type { Context } from '../../core/context.ts';
import { ConfigError } from '../../core/errors.ts';
import { formatAgo, formatBytes, formatInstant } from '../../core/format.ts';
import { printable } from '../../core/printable.ts';
import { asRestorePoint, type RestorePoint } from '../../restore/choose-point.ts';
import type { ServerRecord } from '../../server/server.ts';
import { promptContext } from '../../system/interruption.ts';
import { terminalWidth } from '../output.ts';
import { shownZone } from '../utc.ts';

/** More than anybody pages through. */
const MOST_OFFERED = 500;
/** What Inquirer puts before a choice. */
const POINTER = 2;

/** Lets a person choose one of the last good backups of a server, the newest first. */
export async function askPoint(server: ServerRecord, { catalog, clock }: Context): Promise<RestorePoint> {
  const newest = await catalog.backups.newestPoints(MOST_OFFERED, [server.id]);
  // Those of the earlier program do not tell where they are.
  const points = newest
    .filter(({ serverId, place, objectId }) => serverId === server.id && place !== undefined && objectId !== undefined)
    .map((backup) => asRestorePoint(backup));
  if (points.length === 0) {
    throw new ConfigError(
      `there is no good backup of ${server.name} yet`,
      `Make one: pgbak run ${server.name} --force`,
    );
  }
  const verified = new Map<number, VerificationRecord>();
  for (const one of await catalog.verifications.thoroughOfStored(server.id)) {
    if (!verified.has(one.backupId)) verified.set(one.backupId, one);
  }
  const rows = points.map((point) => cellsOf(point, verified.get(point.backupId), clock.now()));
  const lines = aligned(rows, (terminalWidth(process.stdout) ?? 80) - POINTER - 1);
  const { select } = await import('@inquirer/prompts');
  return await select(
    {
      message: `Which backup of ${printable(server.name)}?`,
      choices: points.map((point, index) => ({
        name: lines[index] ?? '',
        value: point,
        short: `${point.backupId}, made ${rows[index]?.[0] ?? ''}`,
        description: descriptionOf(point, verified.get(point.backupId), clock.now()),
      })),
      pageSize: 10,
      loop: false,
    },
    promptContext(),
  );
}

/** The most important first: what does not fit is left out from the end. */
function cellsOf(point: RestorePoint, verification: VerificationRecord | undefined, now: Date): string[] {
  return [
    formatInstant(point.startedAt, { zone: shownZone() }),
    point.sizeBytes === undefined ? '' : formatBytes(point.sizeBytes),
    formatAgo(point.startedAt, now),
    verification === undefined ? '' : verification.isGood ? 'verified' : 'BAD',
  ];
}

function aligned(rows: readonly string[][], width: number): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_column, index) =>
    Math.max(...rows.map((row) => row[index]?.length ?? 0)),
  );
  let kept = columns;
  while (kept > 1 && widths.slice(0, kept).reduce((sum, one) => sum + one + 2, -2) > width) kept -= 1;
  return rows.map((row) =>
    row
      .slice(0, kept)
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function descriptionOf(point: RestorePoint, verification: VerificationRecord | undefined, now: Date): string {
  const how =
    verification === undefined
      ? 'not verified'
      : `${verification.isGood ? 'verified' : 'verified and found BAD'} ${formatAgo(verification.verifiedAt, now)} at level ${verification.level}`;
  return printable(`Backup ${point.backupId}, ${formatAgo(point.startedAt, now)}, ${point.format}, ${how}`);
}
