import { nextDue } from '../backup/due.ts';
import type { RecentBackup } from '../catalog/backup-rows.ts';
import type { RecentVerification } from '../catalog/verification-queries.ts';
import { placeOf } from '../server/destination.ts';
import { directoryAt } from '../storage/place.ts';
import type { Environment } from '../server/environment.ts';
import { isReference } from '../server/reference.ts';
import type { ServerRecord } from '../server/server.ts';
import { b2Source, encryptionSource } from '../server/sources.ts';
import { unreadableText } from '../server/unreadable.ts';
import { PgbakError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { formatAgo } from '../core/format.ts';
import { paint } from './paint.ts';
import { sparkLine } from './spark-line.ts';

/** A server as `list --json` prints it. */
export interface ServerRow {
  id: number;
  name: string;
  connection: string;
  frequencyHrs: number;
  format: string;
  compression: string;
  archiveName: string;
  destination: string;
  encryption: string;
  b2: string;
  lastBackup: string | null;
  lastResult: string | null;
  nextDue: string | null;
  lastVerified: string | null;
  /** What of its record cannot be read; absent where all can. */
  error?: string;
}

/** What `list` shows of a server: never a password, and a reference as it stands. */
export function serverRow(
  server: ServerRecord,
  verification: RecentVerification | undefined,
  environment: Environment,
  now: Date,
): ServerRow {
  const error = unreadableText(server);
  const isKnown = (column: string) => server.unreadable?.some((one) => one.column === column) !== true;
  return {
    id: server.id,
    name: server.name,
    connection: connectionLabel(server),
    frequencyHrs: server.frequencyHours,
    format: server.format,
    compression: server.compression,
    archiveName: server.archiveName,
    destination: isKnown('destination') ? placeOf(server, environment) : '(cannot be read)',
    encryption: encryptionSource(server, environment),
    b2: b2Source(server, environment),
    lastBackup: server.lastBackup?.toISOString() ?? null,
    lastResult: server.lastResult ?? null,
    nextDue: nextDue(server, now)?.toISOString() ?? null,
    lastVerified: verification?.lastGood?.verifiedAt.toISOString() ?? null,
    ...(error === undefined ? {} : { error }),
  };
}

/** An adopted catalogue may hold a string that was never checked; listing it must not fail. */
function connectionLabel({ connectionString }: ServerRecord): string {
  const text = connectionString.reveal();
  if (isReference(text)) return text;
  if (text === '') return '(not known: the catalogue was rebuilt)';
  try {
    return parseConnection(connectionString).label;
  } catch (error) {
    if (error instanceof PgbakError) return '(not a valid connection string)';
    throw error;
  }
}

export const SERVER_COLUMNS = [
  { title: 'name', isName: true, shrinksTo: 8 },
  { title: 'database', isName: true, shrinksTo: 12, droppedAs: 4 },
  { title: 'every', droppedAs: 3 },
  { title: 'last backup', shrinksTo: 8 },
  { title: 'result', shrinksTo: 7 },
  { title: 'sizes', droppedAs: 2 },
  { title: 'verified', shrinksTo: 8, droppedAs: 2 },
  { title: 'encrypted', shrinksTo: 9, droppedAs: 1 },
  { title: 'stored in', isName: true, shrinksTo: 10 },
];

/** How many of its last archives stand in a server's spark line. */
export const SPARK_LENGTH = 8;

/** The cells of a server's line in the table of `list`; `recent` are its last attempts, newest first. */
export function serverCells(row: ServerRow, recent: readonly RecentBackup[], now: Date): string[] {
  const sizes = recent.flatMap(({ result, sizeBytes }) => (result === 'success' ? (sizeBytes ?? []) : []));
  return [
    row.name,
    row.connection,
    `${row.frequencyHrs} h`,
    row.lastBackup === null ? 'never' : formatAgo(new Date(row.lastBackup), now),
    resultOf(row, recent[0]),
    sparkLine(sizes.slice(0, SPARK_LENGTH).toReversed()),
    row.lastVerified === null ? 'never' : formatAgo(new Date(row.lastVerified), now),
    row.encryption === 'none' ? 'no' : `yes (${row.encryption})`,
    directoryAt(row.destination) === undefined ? `${row.destination} (${row.b2})` : row.destination,
  ];
}

function resultOf({ lastResult, error }: ServerRow, last: RecentBackup | undefined): string {
  if (error !== undefined) return paint('red', error);
  if (last?.result === 'success' && last.warnings.length > 0) return paint('yellow', 'success with a warning');
  if (lastResult === 'failed') return paint('red', 'failed');
  return lastResult === 'success' ? paint('green', lastResult) : '-';
}
