import { ConfigError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { Field } from './field-kinds.ts';
import { namesIn, type DefaultedName, type InputOf, type RecordOf } from './field-table.ts';
import { SERVER_FIELDS } from './fields.ts';

type Table = typeof SERVER_FIELDS;
export type FieldName = keyof Table;

/**
 * What pgbak remembers of a server, as a user gave it: secrets and connection string may still be references
 * (`env:NAME`, `file:/path`), and what is absent comes from the environment or a default when a backup is made.
 */
export interface ServerFields extends RecordOf<Table> {}

/** What a user gave for a server, unchecked; a field that was not given is absent. An empty text clears an optional field. */
export type ServerInput = InputOf<Table>;

/** Fields that were given, checked; an optional one that was cleared is there as undefined. */
export type ServerChanges = { [Name in keyof ServerFields]?: ServerFields[Name] };

/** The table by the types of input and value alone. A lookup by a generic name keeps the two together. */
export const FIELDS: { [Name in FieldName]: Field<ServerInput[Name], ServerFields[Name]> } = SERVER_FIELDS;

export const FIELD_NAMES = namesIn(SERVER_FIELDS);

type OfField<Result> = <Name extends FieldName>(name: Name, field: (typeof FIELDS)[Name]) => Result;

/** Visits each field, in the order of the table. */
export function forEachField(visit: OfField<void>): void {
  for (const name of FIELD_NAMES) visit(name, FIELDS[name]);
}

/**
 * An object of what `entryOf` makes of each field. TypeScript cannot tell which properties a loop makes, so `Result` is
 * asserted here, and only here; it must have exactly those.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
export function perField<Result extends object>(entryOf: OfField<[key: string, value: unknown] | undefined>): Result {
  const entries = FIELD_NAMES.map((name) => entryOf(name, FIELDS[name])).filter((entry) => entry !== undefined);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(entries) as Result;
}

/** Every secret in a server's fields, with the field that holds it. References are not resolved. */
export function secretsOf(fields: Partial<ServerFields>): { name: FieldName; value: Secret }[] {
  return FIELD_NAMES.flatMap((name) => {
    const value: unknown = fields[name];
    const all: unknown[] = Array.isArray(value) ? value : [value];
    return all.filter((one) => one instanceof Secret).map((one) => ({ name, value: one }));
  });
}

/** Values for what a user left out when adding a server. */
export const SERVER_DEFAULTS = perField<Pick<ServerFields, DefaultedName<Table>>>((name, field) =>
  'default' in field ? [name, field.default] : undefined,
);

/** Most clusters have databases without tables, such as `postgres`. Their archives are small, and nothing is wrong with them. */
export const CLUSTER_DEFAULTS = { ...SERVER_DEFAULTS, minSizeBytes: 0 };

/** A column of a server's row that does not hold what it should. */
export interface UnreadableColumn {
  column: string;
  /** `is no text`; never the value, which may be a secret. */
  problem: string;
}

/** A server as the catalogue holds it. */
export interface ServerRecord extends ServerFields {
  id: number;
  /** When the last attempt ended, and how. */
  lastBackup?: Date;
  lastResult?: 'success' | 'failed';
  /**
   * When the run that made the last good backup began. Due times count from here, not from the backup's own end, so
   * that neither a long dump nor a long queue before it makes a daily cron job skip a day.
   */
  lastSuccessRun?: Date;
  /**
   * What of its row cannot be read; absent where all can. The fields then hold what a new server would have, which the user
   * did not ask for: the server is shown as being in error, and neither backed up nor pruned.
   */
  unreadable?: readonly UnreadableColumn[];
  /** Set where it is a part of a cluster, whose settings it has. */
  partOf?: ClusterPart;
}

/** Whether it stands for the roles of a cluster. */
export function isRoles({ partOf }: Pick<ServerRecord, 'partOf'>): boolean {
  return partOf !== undefined && partOf.database === undefined;
}

/** A part of a cluster that is backed up by itself: one of its databases, or its roles. */
export interface ClusterPart {
  clusterId: number;
  clusterName: string;
  /** Undefined for the roles, tablespaces and settings that all databases share. */
  database?: string;
  /** Since when the cluster lacks the database. */
  goneAt?: Date;
  /** Whether a user said that no warning of that is wanted. */
  isForgotten?: boolean;
}

type Named = Pick<ServerRecord, 'id' | 'name' | 'unreadable'>;

/** The field in a column; undefined for what pgbak itself notes there, which a user cannot give anew. */
function fieldIn(column: string): FieldName | undefined {
  return FIELD_NAMES.find((name) => FIELDS[name].column === column);
}

/** What cannot be read of a server's record, in a sentence; undefined where all can. */
export function unreadableText({ unreadable = [] }: Pick<ServerRecord, 'unreadable'>): string | undefined {
  if (unreadable.length === 0) return undefined;
  const columns = unreadable.map(({ column, problem }) => `${column} ${problem}`);
  return `its record in the catalogue cannot be read: ${columns.join('; ')}`;
}

/** The error where the whole record is needed; undefined where it can be read. */
export function unreadableProblem(server: Named): ConfigError | undefined {
  const text = unreadableText(server);
  if (text === undefined) return undefined;
  const flags = (server.unreadable ?? []).flatMap(({ column }) => {
    const name = fieldIn(column);
    return name === undefined ? [] : [`--${FIELDS[name].flag} ...`];
  });
  return new ConfigError(text, `Give it anew: ${['pgbak edit', server.id, ...flags].join(' ')}`);
}

/**
 * What cannot be read and is not given anew, by field: an edit would store a new server's value there, which the user did not
 * ask for.
 */
export function unmendedProblems(server: Named, changes: ServerChanges): { name: FieldName; problem: ConfigError }[] {
  return unmended(server, changes).flatMap((one) => {
    const name = fieldIn(one.column);
    const problem = unreadableProblem({ ...server, unreadable: [one] });
    return name === undefined || problem === undefined ? [] : [{ name, problem }];
  });
}

/** Throws one `ConfigError` for all of these. */
export function refuseUnmended(server: Named, changes: ServerChanges): void {
  const problem = unreadableProblem({ ...server, unreadable: unmended(server, changes) });
  if (problem !== undefined) throw problem;
}

function unmended({ unreadable = [] }: Named, changes: ServerChanges): UnreadableColumn[] {
  return unreadable.filter(({ column }) => {
    const name = fieldIn(column);
    return name !== undefined && !(name in changes);
  });
}

/** Whether an edit without any flag mends a record: it notes anew what pgbak itself keeps there. */
export function isMendedByItself({ unreadable = [] }: Pick<ServerRecord, 'unreadable'>): boolean {
  return unreadable.length > 0 && unreadable.every(({ column }) => fieldIn(column) === undefined);
}

/** Whether a server was made of its archives: nothing but a person knows its connection string. */
export function lacksConnection({ connectionString }: Pick<ServerRecord, 'connectionString'>): boolean {
  return connectionString.reveal() === '';
}

export const CONNECTION_UNKNOWN = 'not known: the catalogue was rebuilt';
