import { nextDue } from '../backup/due.ts';
import type { RecentVerification } from '../catalog/verification-queries.ts';
import { attempt, PgbakError } from '../core/errors.ts';
import { connectionTo, parseConnection } from '../postgres/connection.ts';
import { targetsOf } from '../server/destination.ts';
import { printPlace } from '../storage/place.ts';
import type { Environment } from '../server/environment.ts';
import { isReference } from '../server/reference.ts';
import { CONNECTION_UNKNOWN, lacksConnection, unreadableText, type ServerRecord } from '../server/server.ts';
import { archiveKindOf, b2Source, encryptionSource } from '../server/settings.ts';

/** A server as `list --json` prints it. */
export interface ServerRow {
  id: number;
  name: string;
  connection: string;
  frequencyHrs: number;
  format: string;
  compression: string;
  archiveName: string;
  /** The place of its primary destination. */
  destination: string;
  /** All of its destinations, the primary one first; empty where they cannot be read. */
  destinations: { name: string | null; place: string }[];
  encryption: string;
  b2: string;
  lastBackup: string | null;
  lastResult: string | null;
  /** Null where it is due at the next run: without a good backup, or after a failure. */
  nextDue: string | null;
  lastVerified: string | null;
  /** Which fields of its record cannot be read; null where all can. */
  error: string | null;
  /** The cluster that it is a part of; null where it is a server of its own. */
  cluster: string | null;
  /** Since when its cluster lacks the database. */
  goneSince: string | null;
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
  const destinations = isKnown('destinations') ? destinationsOf(server, environment) : [];
  const b2 = attempt(() => b2Source(server, environment));
  return {
    id: server.id,
    name: server.name,
    connection: connectionLabel(server),
    frequencyHrs: server.frequencyHours,
    format: server.format,
    compression: archiveKindOf(server).compression,
    archiveName: server.archiveName,
    destination: destinations[0]?.place ?? '(cannot be read)',
    destinations,
    encryption: encryptionSource(server, environment),
    b2: b2 instanceof PgbakError ? 'incomplete' : b2,
    lastBackup: server.lastBackup?.toISOString() ?? null,
    lastResult: server.lastResult ?? null,
    nextDue: nextDue(server, now)?.toISOString() ?? null,
    lastVerified: verification?.lastGood?.verifiedAt.toISOString() ?? null,
    error: error ?? null,
    cluster: server.partOf?.clusterName ?? null,
    goneSince: server.partOf?.goneAt?.toISOString() ?? null,
  };
}

/** Where a server's archives go. A name may lead nowhere, in a catalogue that was changed by hand: that stops no list. */
function destinationsOf(server: ServerRecord, environment: Environment): ServerRow['destinations'] {
  const targets = attempt(() => targetsOf(server, environment));
  if (targets instanceof PgbakError) return [];
  return targets.map(({ place, record }) => ({ name: record?.name ?? null, place: printPlace(place) }));
}

/** The connection for people. An adopted catalogue may hold a string that was never checked, so this never throws. */
export function connectionLabel({ connectionString, partOf, allDatabases }: ServerRecord): string {
  if (lacksConnection({ connectionString })) return `(${CONNECTION_UNKNOWN})`;
  const text = connectionString.reveal();
  const { database } = partOf ?? {};
  if (isReference(text)) return database === undefined ? text : `${database} of ${text}`;
  try {
    const connection = parseConnection(connectionString);
    if (database !== undefined) return connectionTo(connection, database).label;
    const where = connection.serverLabel ?? 'the default host';
    return allDatabases ? `all of ${where}` : partOf !== undefined ? `roles of ${where}` : connection.label;
  } catch (error) {
    if (error instanceof PgbakError) return '(not a valid connection string)';
    throw error;
  }
}
