import type { RecentBackup } from '../catalog/backup-rows.ts';
import type { ServerRow } from '../monitor/server-list.ts';
import { paint } from './output.ts';
import { whenText } from './when.ts';

export const SERVER_COLUMNS = [
  { title: 'name', isName: true, shrinksTo: 8 },
  { title: 'database', isName: true, shrinksTo: 12, droppedAs: 4 },
  { title: 'every', droppedAs: 5 },
  { title: 'last backup', shrinksTo: 8 },
  { title: 'result', shrinksTo: 7 },
  { title: 'sizes', droppedAs: 2 },
  { title: 'verified', shrinksTo: 8, droppedAs: 2 },
  { title: 'encrypted', shrinksTo: 9, droppedAs: 1 },
  { title: 'stored in', isName: true, shrinksTo: 20, droppedAs: 3 },
];

/** How many archives a server's bars show. */
export const SPARK_LENGTH = 8;

/** The cells of a server's line in the table of `list`; `recent` are its last attempts, newest first. */
export function serverCells(row: ServerRow, recent: readonly RecentBackup[], now: Date): string[] {
  const sizes = recent.flatMap(({ result, sizeBytes }) => (result === 'success' ? (sizeBytes ?? []) : []));
  const others = row.destinations.slice(1).map(({ place }) => place);
  return [
    row.name,
    row.connection,
    `${row.frequencyHrs} h`,
    row.lastBackup === null ? 'never' : whenText(new Date(row.lastBackup), now),
    resultOf(row, recent[0]),
    sparkLine(sizes.slice(0, SPARK_LENGTH).toReversed()),
    row.lastVerified === null ? 'never' : whenText(new Date(row.lastVerified), now),
    row.encryption === 'none' ? 'no' : `yes (${row.encryption})`,
    [row.b2 !== 'none' ? `${row.destination} (${row.b2})` : row.destination, ...others].join(', '),
  ];
}

function resultOf({ lastResult, error }: ServerRow, last: RecentBackup | undefined): string {
  if (error !== null) return paint('red', error);
  if (last?.result === 'success' && last.warnings.length > 0) return paint('yellow', 'success with a warning');
  if (lastResult === 'failed') return paint('red', 'failed');
  return lastResult === 'success' ? paint('green', lastResult) : '-';
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Draws sizes as a row of bars, oldest first, against the largest of them. It shows at a glance when a backup shrinks.
 */
function sparkLine(sizes: readonly number[]): string {
  const largest = Math.max(...sizes, 1);
  return sizes.map((size) => BARS[Math.round((size / largest) * (BARS.length - 1))]).join('');
}
