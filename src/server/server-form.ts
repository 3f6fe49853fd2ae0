import { placeOf } from './destination.ts';
import type { Environment } from './environment.ts';
import { parseArchiveName } from './names.ts';
import { valueOf } from './field-kinds.ts';
import { isReference } from './reference.ts';
import type { Secret } from '../core/secret.ts';
import {
  FIELDS,
  FIELD_NAMES,
  forEachField,
  SERVER_DEFAULTS,
  type ServerChanges,
  type ServerFields,
  type ServerInput,
  type ServerRecord,
} from './server.ts';
import { ConfigError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';

/** Checks a user's input, field by field. Throws one `ConfigError` that names everything wrong. */
export function parseServerInput(input: ServerInput): ServerChanges {
  const changes: ServerChanges = {};
  const problems: ConfigError[] = [];
  forEachField((name, { rule }) => {
    if (!(name in input)) return;
    const value = valueOf(rule, input[name]);
    if (value instanceof ConfigError) problems.push(value);
    else changes[name] = value;
  });
  const [first] = problems;
  if (first !== undefined) throw new ConfigError(problems.map(({ message }) => message).join('; '), first.hint);
  return changes;
}

/**
 * Completes a new server. A missing name comes from the database, other missing values from the defaults. Throws a
 * `ConfigError` that names the flag of a required value that is missing.
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
  // A slash in a server's name does not ask for a folder in storage.
  const archiveName = given.archiveName ?? parseArchiveName(name.replaceAll(/[\\/]+/g, '-'));
  return { ...SERVER_DEFAULTS, ...given, name, connectionString, archiveName };
}

/** A server after an edit: fields that were not given stay, and cleared fields are gone. */
export function changedServer(today: ServerFields, changes: ServerChanges): ServerFields {
  if (changes.connectionString !== undefined) databaseName(changes.connectionString);
  return { ...today, ...changes };
}

/** An earlier archive password joins those that are kept, since these cannot be typed again; an empty text removes all. */
export function keepingEarlier(input: ServerInput, today: ServerFields): ServerInput {
  const given = input.earlierArchivePasswords;
  if (given === undefined || given.includes('')) return input;
  const kept = today.earlierArchivePasswords.map((one) => one.reveal());
  return { ...input, earlierArchivePasswords: [...new Set([...given, ...kept])] };
}

/** Whether changes must be tried at the database or at the storage before they are stored. */
export function mustTry(changes: ServerChanges, at: 'database' | 'storage'): boolean {
  return FIELD_NAMES.some((name) => name in changes && FIELDS[name].triedAt === at);
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
