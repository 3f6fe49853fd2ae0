import { placeOf } from './destination.ts';
import type { Environment } from './environment.ts';
import { parseArchiveName } from './archive-name.ts';
import { isReference } from './reference.ts';
import type { Secret } from '../core/secret.ts';
import { SERVER_DEFAULTS, type ServerFields, type ServerRecord } from './server.ts';
import type { ServerChanges } from './server-input.ts';
import { ConfigError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';

/**
 * A whole new server out of what was given: names are taken from the database where they were left out, the rest from
 * the defaults. Throws a `ConfigError` that names the flag of a required value that is missing.
 */
export function newServer(given: ServerChanges): ServerFields {
  const { connectionString } = given;
  if (connectionString === undefined) {
    throw new ConfigError(
      'the connection string is missing: --connection-string',
      'For example: pgbak add --connection-string postgresql://user@host/database, or env:NAME or file:/path.',
    );
  }
  const database = databaseName(connectionString);
  const name = given.name ?? database;
  if (name === undefined) {
    throw new ConfigError('the name is missing: --name', 'The connection string names no database to call it by.');
  }
  const defaults = SERVER_DEFAULTS;
  return {
    name,
    connectionString,
    // A slash in a server's name is no wish for a folder in storage.
    archiveName: given.archiveName ?? parseArchiveName(name.replaceAll(/[\\/]+/g, '-')),
    frequencyHours: given.frequencyHours ?? defaults.frequencyHours,
    format: given.format ?? defaults.format,
    compression: given.compression ?? defaults.compression,
    archivePassword: given.archivePassword,
    destination: given.destination,
    b2KeyId: given.b2KeyId,
    b2AppKey: given.b2AppKey,
    b2Bucket: given.b2Bucket,
    hcUrlStart: given.hcUrlStart,
    hcUrlSuccess: given.hcUrlSuccess,
    hcUrlFail: given.hcUrlFail,
    hcUrlVerify: given.hcUrlVerify,
    excludeTables: given.excludeTables ?? defaults.excludeTables,
    excludeTableData: given.excludeTableData ?? defaults.excludeTableData,
    excludeSchemas: given.excludeSchemas ?? defaults.excludeSchemas,
    noLargeObjects: given.noLargeObjects ?? defaults.noLargeObjects,
    minSizeBytes: given.minSizeBytes ?? defaults.minSizeBytes,
    sizeTolerancePercent: given.sizeTolerancePercent ?? defaults.sizeTolerancePercent,
    onSizeChange: given.onSizeChange ?? defaults.onSizeChange,
    lockWaitSeconds: given.lockWaitSeconds ?? defaults.lockWaitSeconds,
    idleTimeoutSeconds: given.idleTimeoutSeconds ?? defaults.idleTimeoutSeconds,
    includeGlobals: given.includeGlobals ?? defaults.includeGlobals,
    countRows: given.countRows ?? defaults.countRows,
    verifyAfter: given.verifyAfter ?? defaults.verifyAfter,
    retention: { ...defaults.retention, ...given.retention },
    autoPrune: given.autoPrune ?? defaults.autoPrune,
  };
}

/**
 * The database's name, where the connection string is here to be read and names one. Throws a `ConfigError` for a string
 * that cannot be one.
 */
function databaseName(connectionString: Secret): string | undefined {
  return isReference(connectionString.reveal()) ? undefined : parseConnection(connectionString).database;
}

/**
 * Refuses a server whose name is taken or whose archives would mix with another's. `others` are the servers stored
 * already, without this one.
 */
export function refuseClash(server: ServerFields, others: readonly ServerRecord[], environment: Environment): void {
  const sameName = others.find(({ name }) => name === server.name);
  if (sameName !== undefined) {
    throw new ConfigError(
      `there is a server named "${server.name}" already, with id ${sameName.id}`,
      'Choose another name: --name',
    );
  }
  const place = placeOf(server, environment);
  const sameArchive = withSameArchives(place, server.archiveName, others, environment);
  if (sameArchive !== undefined) {
    throw new ConfigError(
      `server "${sameArchive.name}" stores its archives in ${place} as "${server.archiveName}" already`,
      'Choose another archive name or destination: --archive-name, --destination',
    );
  }
}

/** The server whose archives have that name in that place. */
export function withSameArchives(
  place: string,
  archiveName: string,
  others: readonly ServerRecord[],
  environment: Environment,
): ServerRecord | undefined {
  return others.find((other) => other.archiveName === archiveName && placeOf(other, environment) === place);
}

/** A server as it is after an edit: what was not given stays, and what was cleared is gone. */
export function changedServer(today: ServerFields, changes: ServerChanges): ServerFields {
  const optional = <Field extends keyof ServerFields>(field: Field): ServerFields[Field] | undefined =>
    field in changes ? changes[field] : today[field];
  if (changes.connectionString !== undefined) databaseName(changes.connectionString);
  return {
    name: changes.name ?? today.name,
    connectionString: changes.connectionString ?? today.connectionString,
    archiveName: changes.archiveName ?? today.archiveName,
    frequencyHours: changes.frequencyHours ?? today.frequencyHours,
    format: changes.format ?? today.format,
    compression: changes.compression ?? today.compression,
    archivePassword: optional('archivePassword'),
    destination: optional('destination'),
    b2KeyId: optional('b2KeyId'),
    b2AppKey: optional('b2AppKey'),
    b2Bucket: optional('b2Bucket'),
    hcUrlStart: optional('hcUrlStart'),
    hcUrlSuccess: optional('hcUrlSuccess'),
    hcUrlFail: optional('hcUrlFail'),
    hcUrlVerify: optional('hcUrlVerify'),
    excludeTables: changes.excludeTables ?? today.excludeTables,
    excludeTableData: changes.excludeTableData ?? today.excludeTableData,
    excludeSchemas: changes.excludeSchemas ?? today.excludeSchemas,
    noLargeObjects: changes.noLargeObjects ?? today.noLargeObjects,
    minSizeBytes: changes.minSizeBytes ?? today.minSizeBytes,
    sizeTolerancePercent: changes.sizeTolerancePercent ?? today.sizeTolerancePercent,
    onSizeChange: changes.onSizeChange ?? today.onSizeChange,
    lockWaitSeconds: changes.lockWaitSeconds ?? today.lockWaitSeconds,
    idleTimeoutSeconds: changes.idleTimeoutSeconds ?? today.idleTimeoutSeconds,
    includeGlobals: changes.includeGlobals ?? today.includeGlobals,
    countRows: changes.countRows ?? today.countRows,
    verifyAfter: changes.verifyAfter ?? today.verifyAfter,
    retention: { ...today.retention, ...changes.retention },
    autoPrune: changes.autoPrune ?? today.autoPrune,
  };
}
