import { nextDue } from '../backup/due.ts';
import type { RecentVerification } from '../catalog/verification-queries.ts';
import { PgbakError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { placeOf } from '../server/destination.ts';
import type { Environment } from '../server/environment.ts';
import { isReference } from '../server/reference.ts';
import { CONNECTION_UNKNOWN, lacksConnection, unreadableText, type ServerRecord } from '../server/server.ts';
import { b2Source, encryptionSource } from '../server/settings.ts';

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
  /** Null where it is due at the next run: without a good backup, or after a failure. */
  nextDue: string | null;
  lastVerified: string | null;
  /** Which fields of its record cannot be read; null where all can. */
  error: string | null;
}

/** A server for `list`: without passwords, and with references as they are. */
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
    error: error ?? null,
  };
}

/** The connection for people. An adopted catalogue may hold a string that was never checked, so this never throws. */
export function connectionLabel({ connectionString }: ServerRecord): string {
  if (lacksConnection({ connectionString })) return `(${CONNECTION_UNKNOWN})`;
  const text = connectionString.reveal();
  if (isReference(text)) return text;
  try {
    return parseConnection(connectionString).label;
  } catch (error) {
    if (error instanceof PgbakError) return '(not a valid connection string)';
    throw error;
  }
}
