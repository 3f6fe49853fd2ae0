import { formatBytes } from '../core/format.ts';
import { rulesInWords } from '../server/retention-rules.ts';
import type { DestinationRow } from '../monitor/destination-list.ts';
import { paint } from './output.ts';

export const DESTINATION_COLUMNS = [
  { title: 'name', isName: true, shrinksTo: 8 },
  { title: 'place', isName: true, shrinksTo: 20 },
  { title: 'servers', shrinksTo: 10, droppedAs: 1 },
  { title: 'backups' },
  { title: 'size' },
  { title: 'keeps', shrinksTo: 12, droppedAs: 2 },
];

/** The cells of a destination's line in the table of `destination list`. */
export function destinationCells({ name, place, servers, backups, size, retention, error }: DestinationRow): string[] {
  return [
    name,
    place,
    error === null ? servers.join(', ') || '-' : paint('red', error),
    String(backups),
    backups === 0 ? '-' : formatBytes(size),
    retention === null ? 'as the server' : (rulesInWords(retention) ?? '-'),
  ];
}
