import { placesOf } from './destination.ts';
import type { Environment } from './environment.ts';
import { parseArchiveName } from './names.ts';
import { valueOf } from './field-kinds.ts';
import { isReference, resolveReference } from './reference.ts';
import type { Secret } from '../core/secret.ts';
import {
  FIELDS,
  FIELD_NAMES,
  type FieldName,
  forEachField,
  CLUSTER_DEFAULTS,
  SERVER_DEFAULTS,
  type ServerChanges,
  type ServerFields,
  type ServerInput,
  type ServerRecord,
} from './server.ts';
import { attempt, ConfigError, PgbakError } from '../core/errors.ts';
import { parseConnection } from '../postgres/connection.ts';
import { quoted } from '../core/printable.ts';

/** What is wrong with one field of a server. */
export interface FieldProblem {
  name: FieldName;
  problem: PgbakError;
}

/** Checks a user's input, field by field: what each field changes, or what is wrong with it. */
export function checkInput(input: ServerInput): { changes: ServerChanges; problems: FieldProblem[] } {
  const changes: ServerChanges = {};
  const problems: FieldProblem[] = [];
  forEachField((name, { rule }) => {
    if (!(name in input)) return;
    const value = valueOf(rule, input[name]);
    if (value instanceof ConfigError) problems.push({ name, problem: value });
    else changes[name] = value;
  });
  return { changes, problems };
}

/** The same. Throws one `ConfigError` that names everything wrong. */
export function parseServerInput(input: ServerInput): ServerChanges {
  const { changes, problems } = checkInput(input);
  const [first] = problems;
  if (first === undefined) return changes;
  throw new ConfigError(problems.map(({ problem }) => problem.message).join('; '), first.problem.hint);
}

/** A whole server, or what is wrong with it. */
export type WholeServer = { fields: ServerFields; wrong?: undefined } | { fields?: undefined; wrong: FieldProblem };

/** Completes a new server. A missing name comes from the database, other missing values from the defaults. */
export function completed(given: ServerChanges, environment: Pick<Environment, 'variable'>): WholeServer {
  const { connectionString } = given;
  if (connectionString === undefined) return { wrong: { name: 'connectionString', problem: noConnection() } };
  const bad = attempt(() => refuseBadConnection(connectionString));
  if (bad instanceof PgbakError) return { wrong: { name: 'connectionString', problem: bad } };
  const idle = idlePattern(given);
  if (idle !== undefined) return { wrong: idle };
  const name = given.name ?? attempt(() => nameFor(connectionString, given.allDatabases === true, environment));
  if (name instanceof PgbakError) return { wrong: { name: 'name', problem: name } };
  // A slash in a server's name does not ask for a folder in storage.
  const archiveName = given.archiveName ?? attempt(() => parseArchiveName(name.replaceAll(/[\\/]+/g, '-')));
  if (archiveName instanceof PgbakError) return { wrong: { name: 'archiveName', problem: archiveName } };
  const defaults = given.allDatabases === true ? CLUSTER_DEFAULTS : SERVER_DEFAULTS;
  return { fields: { ...defaults, ...given, name, connectionString, archiveName } };
}

/** The same. Throws a `ConfigError` that names the flag of a required value that is missing. */
export function newServer(given: ServerChanges, environment: Pick<Environment, 'variable'>): ServerFields {
  const { fields, wrong } = completed(given, environment);
  if (fields === undefined) throw wrong.problem;
  return fields;
}

function noConnection(): ConfigError {
  return new ConfigError(
    'the connection string is missing: --connection-string',
    'For example: pgbak add --connection-string postgresql://user@host/database, or env:NAME or file:/path.',
  );
}

/** A server after an edit: fields that were not given stay, and cleared fields are gone. */
export function changed(today: ServerFields, changes: ServerChanges): WholeServer {
  const { connectionString } = changes;
  const bad = connectionString === undefined ? undefined : attempt(() => refuseBadConnection(connectionString));
  if (bad instanceof PgbakError) return { wrong: { name: 'connectionString', problem: bad } };
  const { allDatabases = today.allDatabases } = changes;
  if (allDatabases !== today.allDatabases) return { wrong: { name: 'allDatabases', problem: becomesAnother(today) } };
  const fields = { ...today, ...changes };
  const idle = idlePattern(fields);
  return idle === undefined ? { fields } : { wrong: idle };
}

function becomesAnother({ name, allDatabases }: ServerFields): ConfigError {
  return new ConfigError(
    allDatabases
      ? `${name} is a whole cluster, and cannot become a single database`
      : `${name} is a single database, and cannot become a whole cluster: its backups would be nowhere`,
    'Add what you want as a server of its own: pgbak add. Then forget this one: pgbak del',
  );
}

/** Patterns choose among the databases of a cluster. A single database has none to choose. */
function idlePattern({ allDatabases, includeDatabases, excludeDatabases }: ServerChanges): FieldProblem | undefined {
  if (allDatabases === true) return undefined;
  for (const [name, patterns] of Object.entries({ includeDatabases, excludeDatabases })) {
    if (patterns === undefined || patterns.length === 0) continue;
    const field = name === 'includeDatabases' ? name : 'excludeDatabases';
    const problem = new ConfigError(
      `--${FIELDS[field].flag} chooses among the databases of a cluster`,
      'For a whole cluster add --all-databases. For a single database leave the patterns out.',
    );
    return { name: field, problem };
  }
  return undefined;
}

/** The same. Throws a `ConfigError` for a connection string that cannot be one. */
export function changedServer(today: ServerFields, changes: ServerChanges): ServerFields {
  const { fields, wrong } = changed(today, changes);
  if (fields === undefined) throw wrong.problem;
  return fields;
}

/** An earlier archive password joins those that are kept, since these cannot be typed again; an empty text removes all. */
export function keepingEarlier(input: ServerInput, today: ServerFields): ServerInput {
  const given = input.earlierArchivePasswords;
  if (given === undefined || given.includes('')) return input;
  const kept = today.earlierArchivePasswords.map((one) => one.reveal());
  return { ...input, earlierArchivePasswords: [...new Set([...given, ...kept])] };
}

/** Whether changes must be tried at the database or at the storage before they are stored. */
export function mustTry(changes: ServerChanges, at: 'database' | 'storage' | 'programs'): boolean {
  return FIELD_NAMES.some((name) => name in changes && FIELDS[name].triedAt === at);
}

/** Throws a `ConfigError` for a connection string that cannot be one. What a reference leads to may change at any time. */
function refuseBadConnection(connectionString: Secret): void {
  if (!isReference(connectionString.reveal())) parseConnection(connectionString);
}

/** The name of the database, or the host of a cluster, to call the server by. Throws a `ConfigError` where it cannot be known. */
function nameFor(connectionString: Secret, isCluster: boolean, { variable }: Pick<Environment, 'variable'>): string {
  const resolved = attempt(() => resolveReference(connectionString, 'the connection string', variable));
  if (resolved instanceof PgbakError) {
    const hint = resolved.hint ?? 'Correct it.';
    throw new ConfigError(resolved.message, `${hint} Or name the server and store it untried: --name shop --no-check`);
  }
  const { database, host } = parseConnection(resolved);
  if (isCluster) return host === '' || host.startsWith('/') ? 'localhost' : host;
  if (database !== undefined) return database;
  throw new ConfigError(
    'the connection string names no database, so the name of the server is missing: --name',
    'Name the database in it, such as postgresql://app@db.example/shop, or the server: --name shop',
  );
}

/**
 * What is wrong with a server whose name is taken or whose archives would mix with another's. `others` are the servers
 * stored already, without this one.
 */
export function clashOf(
  server: ServerFields,
  others: readonly ServerRecord[],
  environment: Environment,
): FieldProblem | undefined {
  const taken = attempt(() => refuseTakenName(server.name, others));
  if (taken !== undefined) return { name: 'name', problem: taken };
  const places = attempt(() => differentPlaces(server, environment));
  if (places instanceof PgbakError) return { name: 'destinations', problem: places };
  const clash = withSameArchives(places, server, others, environment);
  if (clash === undefined) return undefined;
  const { server: sameArchive, place } = clash;
  const problem = new ConfigError(
    sameArchive.archiveName === server.archiveName || !(sameArchive.allDatabases || server.allDatabases)
      ? `server "${sameArchive.name}" stores its archives in ${place} as "${server.archiveName}" already`
      : `the archives of server "${sameArchive.name}" in ${place} and these could get the same names: those of a whole cluster are called NAME/DATABASE`,
    `Choose another archive name, or another destination: --archive-name ${quoted(`${server.archiveName}-2`)}`,
  );
  return { name: 'archiveName', problem };
}

/** Throws a `ConfigError` for such a server. */
export function refuseClash(server: ServerFields, others: readonly ServerRecord[], environment: Environment): void {
  const clash = clashOf(server, others, environment);
  if (clash !== undefined) throw clash.problem;
}

/** Refuses a name that another server has. */
export function refuseTakenName(wanted: string, others: readonly ServerRecord[]): void {
  const other = others.find(({ name }) => name === wanted);
  if (other === undefined) return;
  let number = 2;
  while (others.some(({ name }) => name === `${wanted}${number}`)) number += 1;
  throw new ConfigError(
    `there is a server named "${wanted}" already, with id ${other.id}`,
    `Choose another name: --name ${quoted(`${wanted}${number}`)}`,
  );
}

/** The server with whose archives those of another one would mix in one of its places, and the place. */
export function withSameArchives(
  places: readonly string[],
  { archiveName, allDatabases }: Pick<ServerFields, 'archiveName' | 'allDatabases'>,
  others: readonly ServerRecord[],
  environment: Environment,
): { server: ServerRecord; place: string } | undefined {
  for (const server of others) {
    // A folder may stand in the name of one archive, and in the place of the other. Below the name of a cluster are its databases.
    const taken = readablePlacesOf(server, environment).map((place) => `${place}/${server.archiveName}`);
    const isTaken = (wanted: string) =>
      taken.some(
        (one) =>
          one === wanted ||
          (server.allDatabases && wanted.startsWith(`${one}/`)) ||
          (allDatabases && one.startsWith(`${wanted}/`)),
      );
    const place = places.find((one) => isTaken(`${one}/${archiveName}`));
    if (place !== undefined) return { server, place };
  }
  return undefined;
}

function readablePlacesOf(server: ServerRecord, environment: Environment): string[] {
  const places = attempt(() => placesOf(server, environment));
  return places instanceof PgbakError ? [] : places;
}

/** The places of a server. Throws a `ConfigError` where two are one: a second copy there would be none. */
function differentPlaces(server: ServerFields, environment: Environment): string[] {
  const places = placesOf(server, environment);
  const twice = places.find((place, index) => places.indexOf(place) !== index);
  if (twice === undefined) return places;
  throw new ConfigError(`two of the destinations are the same place: ${twice}`, 'Leave one of them out.');
}
